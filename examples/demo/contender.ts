import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-web';
import { load } from 'spikelet';
import { unpack } from 'spikelet/format';
import type { Graph } from '../../src/graph/graph.js';
import type { Constant, Tensor } from '../../src/graph/tensor.js';
import { toOnnx } from '../../tools/onnx/index.js';

/** A model on an engine, ready to classify. */
export interface Contender {
  readonly engine: 'spikelet' | 'onnxruntime-web';
  /** What it computes with: `fp32`, `int8`, `w4a8`, `bmpq`, `dnr`. */
  readonly precision: string;
  readonly fileBytes: number;
  /** Mean bits of a weight in the file. */
  readonly bits: number;
  /** Kind of instructions that its kernels are built for. */
  readonly kernels: 'fixed SIMD' | 'relaxed SIMD';
  /** Class scores of one image. */
  classify(image: Tensor): Promise<Float32Array>;
  close(): Promise<void>;
}

/** A packed model file of the demo. */
export interface ModelFile {
  readonly path: string;
  readonly precision: string;
  readonly graph: Graph;
}

export async function readModelFile(path: string, precision: string): Promise<ModelFile> {
  return { path, precision, graph: unpack(new Uint8Array(await readFile(path))) };
}

/** Mean bits of a model's weights, those of matrices and convolutions, as they are stored. */
function meanWeightBits(graph: Graph): number {
  const weights = [...graph.constants.values()].filter(({ shape }) => shape.length > 1);
  const bitsOf = ({ quantization, storage }: Constant): number =>
    quantization?.bits ?? (storage === 'f16' ? 16 : 32);
  const count = weights.reduce((sum, { data }) => sum + data.length, 0);
  return weights.reduce((sum, weight) => sum + weight.data.length * bitsOf(weight), 0) / count;
}

function scoresOf(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new Error('the model gives no f32 scores');
}

const nameOf = (port: { readonly name: string } | undefined): string => port?.name ?? '';

export async function openSpikelet({ path, precision, graph }: ModelFile): Promise<Contender> {
  const model = await load(path);
  const { variant } = model.explain();
  return {
    engine: 'spikelet',
    precision,
    fileBytes: statSync(path).size,
    bits: meanWeightBits(graph),
    kernels: variant === 'relaxed' ? 'relaxed SIMD' : 'fixed SIMD',
    async classify(image) {
      const outputs = await model.run({ [nameOf(model.inputs[0])]: image });
      return scoresOf(outputs[nameOf(model.outputs[0])]?.data);
    },
    async close() {
      model.close();
    },
  };
}

/** The same network in onnxruntime-web: WebAssembly, one thread; a sparse one as int8 with its zeros. */
export async function openOnnxruntime({ precision, graph }: ModelFile): Promise<Contender> {
  ort.env.wasm.numThreads = 1;
  const bytes = toOnnx(graph);
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  return {
    engine: 'onnxruntime-web',
    precision: precision === 'fp32' ? 'fp32' : 'int8',
    fileBytes: bytes.length,
    bits: precision === 'fp32' ? 32 : 8,
    kernels: 'fixed SIMD',
    async classify({ data, shape }) {
      const feeds = { [nameOf(graph.inputs[0])]: new ort.Tensor('float32', scoresOf(data), [...shape]) };
      return scoresOf((await session.run(feeds))[nameOf(graph.outputs[0])]?.data);
    },
    close: () => session.release(),
  };
}
