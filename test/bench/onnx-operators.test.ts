import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import type { Node } from '../../src/graph/ops/table.js';
import { type Constant, elementCount, type Tensor } from '../../src/graph/tensor.js';
import { seededRandom } from '../../tools/bench/networks/draft.js';
import { toOnnx } from '../../tools/onnx/index.js';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
});

const random = seededRandom(2026);
const values = (count: number): Float32Array => Float32Array.from({ length: count }, () => 4 * random() - 2);
const constant = (...shape: readonly number[]): Constant => ({
  dtype: 'f32',
  shape,
  data: values(elementCount(shape)).map((value) => Math.abs(value) + 0.25),
});

interface Case {
  readonly node: Node;
  readonly shape: readonly number[];
  readonly constants?: Readonly<Record<string, Constant>>;
}

const named = { name: 'node', inputs: ['x'], outputs: ['y'] } as const;
const binary = { name: 'node', inputs: ['x', 'c'], outputs: ['y'], attributes: {} } as const;
const image = [1, 3, 6, 5] as const;
const reduction = { axes: [2, 3], keepDimensions: false };
const pooling = { kernel: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] } as const;

const cases: readonly Case[] = [
  ...(['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum'] as const).map(
    (op): Case => ({ node: { op, ...binary }, shape: image, constants: { c: constant(3, 1, 5) } }),
  ),
  ...(['abs', 'erf', 'exp', 'negate', 'relu', 'sigmoid', 'tanh'] as const).map(
    (op): Case => ({ node: { op, ...named, attributes: {} }, shape: image }),
  ),
  { node: { op: 'clip', ...named, attributes: { minimum: -0.5, maximum: 1.5 } }, shape: image },
  { node: { op: 'clip', ...named, attributes: { minimum: null, maximum: 0.5 } }, shape: image },
  { node: { op: 'clip', ...named, attributes: { minimum: 0, maximum: null } }, shape: image },
  { node: { op: 'leakyRelu', ...named, attributes: { slope: 0.2 } }, shape: image },
  { node: { op: 'hardSigmoid', ...named, attributes: { alpha: 0.3, beta: 0.4 } }, shape: image },
  { node: { op: 'softmax', ...named, attributes: { axis: 1 } }, shape: image },
  { node: { op: 'logSoftmax', ...named, attributes: { axis: 3 } }, shape: image },
  { node: { op: 'matmul', ...binary }, shape: [2, 3, 4], constants: { c: constant(4, 5) } },
  {
    node: {
      ...{
        op: 'batchNorm',
        name: 'node',
        inputs: ['x', 'scale', 'bias', 'mean', 'variance'],
        outputs: ['y'],
      },
      attributes: { epsilon: 1e-4 },
    },
    shape: image,
    constants: { scale: constant(3), bias: constant(3), mean: constant(3), variance: constant(3) },
  },
  {
    node: {
      ...{ op: 'conv', name: 'node', inputs: ['x', 'w', 'b'], outputs: ['y'] },
      attributes: { strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 2], groups: 3 },
    },
    shape: image,
    constants: { w: constant(6, 1, 3, 2), b: constant(6) },
  },
  {
    node: { op: 'linear', name: 'node', inputs: ['x', 'w', 'b'], outputs: ['y'], attributes: {} },
    shape: [2, 7],
    constants: { w: constant(4, 7), b: constant(4) },
  },
  { node: { op: 'globalAveragePool', ...named, attributes: {} }, shape: image },
  {
    node: { op: 'maxPool', ...named, attributes: { ...pooling, dilations: [1, 1], roundUp: true } },
    shape: image,
  },
  {
    node: { op: 'averagePool', ...named, attributes: { ...pooling, countPadding: true, roundUp: false } },
    shape: image,
  },
  { node: { op: 'reduceMax', ...named, attributes: reduction }, shape: image },
  { node: { op: 'reduceMean', ...named, attributes: { ...reduction, keepDimensions: true } }, shape: image },
  { node: { op: 'reduceMin', ...named, attributes: reduction }, shape: image },
  { node: { op: 'reduceSum', ...named, attributes: reduction }, shape: image },
  { node: { op: 'reshape', ...named, attributes: { shape: [6, 15] } }, shape: image },
  { node: { op: 'transpose', ...named, attributes: { permutation: [0, 2, 3, 1] } }, shape: image },
  {
    node: { op: 'concat', ...binary, attributes: { axis: 1 } },
    shape: image,
    constants: { c: constant(1, 2, 6, 5) },
  },
  {
    node: {
      op: 'slice',
      ...named,
      attributes: { starts: [-1, 0], ends: [-9, 4], axes: [3, 2], steps: [-2, 1] },
    },
    shape: image,
  },
  ...(['constant', 'edge', 'reflect'] as const).map(
    (mode): Case => ({
      node: { op: 'pad', ...named, attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1], mode, value: 0.75 } },
      shape: image,
    }),
  ),
];

const title = ({ node }: Case): string => `${node.op} ${JSON.stringify(node.attributes)}`;

describe('an operator written as ONNX computes what its reference computes', () => {
  it.each(cases.map((item) => [title(item), item] as const))('%s', async (_, {
    node,
    shape,
    constants = {},
  }) => {
    const graph: Graph = {
      name: node.op,
      inputs: [{ name: 'x', type: { dtype: 'f32', shape } }],
      outputs: [{ name: 'y' }],
      nodes: [node],
      constants: new Map(Object.entries(constants)),
    };
    const data = values(elementCount(shape));
    const expected = await interpret(graph, { x: { dtype: 'f32', shape, data } satisfies Tensor });
    const session = await ort.InferenceSession.create(toOnnx(graph), { executionProviders: ['wasm'] });
    const { y } = await session.run({ x: new ort.Tensor('float32', data, [...shape]) });
    await session.release();
    expect(y?.dims).toEqual(expected.y?.shape);
    const reference = [...(expected.y?.data ?? [])];
    [...((y?.data ?? []) as Float32Array)].forEach((value, i) => {
      expect(Math.abs(value - (reference[i] ?? Number.NaN))).toBeLessThanOrEqual(
        1e-5 * Math.max(1, Math.abs(value)),
      );
    });
  });
});
