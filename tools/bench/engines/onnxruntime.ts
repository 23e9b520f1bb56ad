import * as ort from 'onnxruntime-web';
import { toOnnx } from '../../onnx/index.js';
import type { Engine } from './engine.js';

/**
 * onnxruntime-web, its WebAssembly execution provider. The number of threads is a setting of the whole process,
 * taken from the first network.
 */
export const onnxruntime: Engine = async (graph, image, threads) => {
  ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(toOnnx(graph), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  const feeds = { [input?.name ?? '']: new ort.Tensor('float32', image, input?.type.shape ?? []) };
  return {
    async run() {
      const scores = (await session.run(feeds))[output?.name ?? ''];
      if (!(scores?.data instanceof Float32Array)) throw new Error('onnxruntime-web returned no f32 scores');
      return scores.data;
    },
    close: () => session.release(),
  };
};
