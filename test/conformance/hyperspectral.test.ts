import { describe, expect, it } from 'vitest';
import { fold, quantize } from '../../src/compress/index.js';
import { pack, unpack } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { elementCount, type Tensor } from '../../src/graph/tensor.js';
import { inferTypes, nodeCost } from '../../src/graph/types.js';
import { compileAny } from '../compile/compile-any.js';
import { randomNumbers } from './generate.js';
import { cnn3d, cnn32h } from './hyperspectral.js';
import { planRunner, runnableTargets } from './run-plan.js';

function patchFor({ inputs }: Graph): Record<string, Tensor> {
  const shape = inputs[0]?.type.shape ?? [];
  const random = randomNumbers(3);
  const data = Float32Array.from({ length: elementCount(shape) }, () => 4 * random() - 2);
  return { patch: { dtype: 'f32', shape, data } };
}

function macsOf(graph: Graph): number {
  const types = inferTypes(graph);
  return graph.nodes.reduce((sum, node) => sum + nodeCost(graph, types, node).macs, 0);
}

const weightsOf = ({ constants }: Graph): number =>
  [...constants.values()].reduce((sum, { data }) => sum + data.length, 0);

const shapesOf = (graph: Graph, names: readonly string[]) => {
  const types = inferTypes(graph);
  return names.map((name) => types.get(name)?.shape.slice(1));
};

describe('the layer tables of HYPER-SNN', () => {
  it('CNN-3D over the 200 bands of Indian Pines', () => {
    expect(
      shapesOf(cnn3d(200, 16, 26), ['conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'conv6', 'fc']),
    ).toEqual([
      [20, 198, 3, 3],
      [40, 99, 3, 3],
      [84, 99, 1, 1],
      [84, 50, 1, 1],
      [84, 50, 1, 1],
      [84, 26, 1, 1],
      [16],
    ]);
  });

  it('CNN-32H over the 200 bands of Indian Pines', () => {
    expect(shapesOf(cnn32h(200, 16), ['conv1', 'image', 'conv2', 'pool', 'fc'])).toEqual([
      [90, 27, 1, 1],
      [1, 27, 90],
      [64, 25, 88],
      [64, 6, 22],
      [16],
    ]);
  });

  it.each([
    ['CNN-3D, Indian Pines', cnn3d(200, 16, 26), 185_052, 14_600_616],
    ['CNN-3D, Pavia University', cnn3d(103, 9, 14), 160_692, 7_528_068],
    ['CNN-3D, Salinas', cnn3d(204, 16, 26), 185_052, 14_887_032],
    ['CNN-32H, Indian Pines', cnn32h(200, 16), 14_580 + 576 + 135_168, 1_796_028],
    ['CNN-32H, Pavia University', cnn32h(103, 9), 14_580 + 576 + 25_344, 772_452],
    ['CNN-32H, Salinas', cnn32h(204, 16), 14_580 + 576 + 135_168, 1_796_028],
  ])('%s: weights and multiply-accumulates', (_, graph, weights, macs) => {
    expect([weightsOf(graph), macsOf(graph)]).toEqual([weights, macs]);
  });
});

describe.each([
  ['CNN-3D', cnn3d(200, 16, 26), 8],
  ['CNN-3D', cnn3d(103, 9, 14), 6],
  ['CNN-3D', cnn3d(103, 9, 14), 4],
  ['CNN-3D', cnn3d(103, 9, 14), 2],
  ['CNN-32H', cnn32h(200, 16), 8],
  ['CNN-32H', cnn32h(200, 16), 4],
] as const)('%s in integers', (_, graph, bits) => {
  it(`gives the bits of the reference with weights of ${bits} bits`, async () => {
    const inputs = patchFor(graph);
    const options = {
      weightBits: bits,
      edgeBits: bits,
      rounding: 'nearest',
      biasCorrection: bits === 8,
    } as const;
    const small = await quantize(fold(graph), [inputs], options);
    const layers = small.nodes.filter(({ op }) => op === 'conv' || op === 'linear');
    expect(layers.every(({ quantization }) => quantization !== undefined)).toBe(true);
    const stored = unpack(pack(small));
    const expected = interpret(small, inputs).fc;
    expect(new Set(expected?.data).size).toBeGreaterThan(3);
    for (const target of runnableTargets()) {
      expect(planRunner(target)(compileAny(stored, target), inputs, 'parts').fc?.data).toEqual(
        expected?.data,
      );
    }
  });
});
