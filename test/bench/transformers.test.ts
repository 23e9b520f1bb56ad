import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { interpret } from '../../src/graph/interpret.js';
import { seededRandom } from '../../tools/bench/networks/draft.js';
import { quantizeDynamically } from '../../tools/bench/transformers/dynamic.js';
import { visionTransformer } from '../../tools/bench/transformers/vision.js';
import { toOnnxModel } from '../../tools/onnx/index.js';
import { encodeModel } from '../../tools/onnx/messages.js';
import { spellOut } from '../../tools/onnx/spell-out.js';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});

const graph = visionTransformer('small', { features: 24, blocks: 2, heads: 3, patch: 4, side: 12 }, 7);
const model = toOnnxModel(spellOut(graph));
const random = seededRandom(5);
const shape = [1, 3, 12, 12];
const image = Float32Array.from({ length: 432 }, () => 2 * random() - 1);
const [{ name } = { name: '' }] = graph.outputs;
const expected = interpret(graph, { image: { dtype: 'f32', shape, data: image } })[name]?.data ?? [];

async function scores(bytes: Uint8Array): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const results = await session.run({ image: new ort.Tensor('float32', image, shape) });
  await session.release();
  return Array.from(results[name]?.data as Float32Array);
}

describe('a vision transformer for onnxruntime-web', () => {
  it('computes in fp32 what the graph means', async () => {
    (await scores(encodeModel(model))).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4);
    });
  });

  it.each(['u8', 'i8'] as const)('computes nearly that with %s weights and dynamic scales', async (type) => {
    const dynamic = quantizeDynamically(model, type);
    const integers = dynamic.nodes.filter(({ operator }) => operator === 'MatMulInteger');
    // Six layers in each of two blocks; the head is a Gemm.
    expect(integers).toHaveLength(12);
    const found = await scores(encodeModel(dynamic));
    const largest = Math.max(...Array.from(expected, Math.abs));
    found.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(0.1 * largest);
    });
  });
});
