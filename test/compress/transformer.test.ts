import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, quantize } from '../../src/compress/index.js';
import { fromOnnx } from '../../src/format/onnx/index.js';
import { f32Tensor, f32Type, graphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import type { OperationName } from '../../src/graph/ops/table.js';
import { elementCount } from '../../src/graph/tensor.js';
import { inferTypes } from '../../src/graph/types.js';
import { type VisionShape, visionTransformer } from '../../tools/bench/transformers/vision.js';
import { toOnnx } from '../../tools/onnx/index.js';
import { spellOut } from '../../tools/onnx/spell-out.js';
import { Draw } from '../conformance/generate.js';
import * as transformer from '../conformance/transformer.js';

const count = (graph: Graph, op: OperationName): number =>
  graph.nodes.filter((node) => node.op === op).length;

const small: VisionShape = { features: 24, blocks: 2, heads: 3, patch: 4, side: 12 };

function randomInputs(graph: Graph, seed: number) {
  const draw = new Draw(seed);
  return Object.fromEntries(
    graph.inputs.map(({ name, type }) => [
      name,
      f32Tensor(
        type.shape,
        draw.list(elementCount(type.shape), () => draw.real(-1, 1)),
      ),
    ]),
  );
}

function expectSame(graph: Graph, folded: Graph, seed = 5): void {
  const inputs = randomInputs(graph, seed);
  const [expected, actual] = [interpret(graph, inputs), interpret(folded, inputs)];
  for (const { name } of graph.outputs) {
    expected[name]?.data.forEach((value, i) => {
      expect(actual[name]?.data[i]).toBeCloseTo(value, 4);
    });
  }
}

const number = (value: number) => ({ dtype: 'f32' as const, shape: [], data: Float32Array.of(value) });

describe('fold of what exporters write out', () => {
  it('knows attention, GELU and linear layers again, whatever their sizes and mask', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const { graph } = transformer.attention(new Draw(seed));
        if (graph.inputs[0]?.type.dtype !== 'f32') return;
        const folded = fold(spellOut(graph));
        expect(folded.nodes.map(({ op }) => op)).toEqual(['attention']);
        expectSame(graph, folded, seed);
      }),
      { numRuns: 40 },
    );
  });

  it('gives a whole vision transformer its operations back', () => {
    const graph = visionTransformer('small', small, 7);
    const folded = fold(fromOnnx(toOnnx(spellOut(graph))));
    for (const op of ['attention', 'gelu', 'layerNorm', 'linear', 'conv', 'add', 'transpose'] as const) {
      expect([op, count(folded, op)]).toEqual([op, count(graph, op)]);
    }
    expectSame(graph, folded);
  });

  it('finds the layer normalization behind means, differences and a root', () => {
    const g = graphBuilder('norm');
    const x = g.input('x', f32Type([2, 5, 6]));
    const attributes = { axes: [2], keepDimensions: true };
    const mean = g.node('reduceMean', [x], { attributes });
    const difference = g.node('subtract', [x, mean]);
    const square = g.node('power', [difference, g.constant('two', number(2))]);
    const variance = g.node('reduceMean', [square], { attributes });
    const root = g.node('sqrt', [g.node('add', [variance, g.constant('epsilon', number(1e-5))])]);
    const normal = g.node('divide', [difference, root]);
    const draw = new Draw(1);
    const scaled = g.node('multiply', [normal, g.constant('scale', draw.floats([6]))]);
    g.output(g.node('add', [scaled, g.constant('bias', draw.floats([6]))]));
    const graph = g.build();
    const folded = fold(graph);
    expect(folded.nodes).toMatchObject([{ op: 'layerNorm', attributes: { axis: 2 } }]);
    expectSame(graph, folded);
  });

  it.each([
    ['gelu by tanh', 'gelu'],
    ['gelu of a half', 'gelu'],
    ['silu', 'silu'],
  ] as const)('finds %s', (form, op) => {
    const g = graphBuilder('function');
    const x = g.input('x', f32Type([3, 4]));
    const c = (value: number): string => g.constant(`c${value}`, number(value));
    if (form === 'silu') g.output(g.node('multiply', [g.node('sigmoid', [x]), x]));
    else if (form === 'gelu of a half') {
      const error = g.node('erf', [g.node('multiply', [x, c(Math.SQRT1_2)])]);
      g.output(g.node('multiply', [g.node('multiply', [c(0.5), x]), g.node('add', [c(1), error])]));
    } else {
      const cube = g.node('multiply', [g.node('power', [x, c(3)]), c(0.044715)]);
      const inner = g.node('multiply', [g.node('add', [x, cube]), c(Math.sqrt(2 / Math.PI))]);
      const sum = g.node('add', [g.node('tanh', [inner]), c(1)]);
      g.output(g.node('multiply', [g.node('multiply', [x, sum]), c(0.5)]));
    }
    const graph = g.build();
    const folded = fold(graph);
    expect(folded.nodes.map((node) => node.op)).toEqual([op]);
    expectSame(graph, folded);
  });

  it('splits a layer that computes queries, keys and values side by side', () => {
    const [tokens, heads, depth] = [5, 2, 3];
    const features = heads * depth;
    const g = graphBuilder('side by side');
    const draw = new Draw(3);
    const x = g.input('x', f32Type([1, tokens, features]));
    const weights = [
      g.constant('weight', draw.floats([3 * features, features])),
      g.constant('bias', draw.floats([3 * features])),
    ];
    const all = g.node('linear', [x, ...weights]);
    const split = g.node('reshape', [all], { attributes: { shape: [1, tokens, 3, heads, depth] } });
    const outside = g.node('transpose', [split], { attributes: { permutation: [2, 0, 3, 1, 4] } });
    const [q = '', k = '', v = ''] = [0, 1, 2].map((i) => {
      const range = { starts: [i], ends: [i + 1], axes: [0], steps: [1] };
      const part = g.node('slice', [outside], { attributes: range });
      return g.node('reshape', [part], { attributes: { shape: [1, heads, tokens, depth] } });
    });
    const turned = g.node('transpose', [k], { attributes: { permutation: [0, 1, 3, 2] } });
    const scaled = g.node('multiply', [q, g.constant('scale', number(0.5))]);
    const weight = g.node('softmax', [g.node('matmul', [scaled, turned])], { attributes: { axis: 3 } });
    const sums = g.node('transpose', [g.node('matmul', [weight, v])], {
      attributes: { permutation: [0, 2, 1, 3] },
    });
    g.output(g.node('reshape', [sums], { attributes: { shape: [1, tokens, features] } }));
    const graph = g.build();
    const folded = fold(graph);
    expect(folded.nodes.map(({ op }) => op)).toEqual(['linear', 'linear', 'linear', 'attention']);
    expectSame(graph, folded);
  });

  it('reads heads that lie in the first dimension, as sequence-first networks have them', () => {
    const [tokens, heads, depth] = [4, 2, 3];
    const g = graphBuilder('sequence first');
    const parts = ['q', 'k', 'v'].map((name) => {
      const x = g.input(name, f32Type([tokens, 1, heads * depth]));
      const split = g.node('reshape', [x], { attributes: { shape: [tokens, heads, depth] } });
      return g.node('transpose', [split], { attributes: { permutation: [1, 0, 2] } });
    });
    const [q = '', k = '', v = ''] = parts;
    const turned = g.node('transpose', [k], { attributes: { permutation: [0, 2, 1] } });
    const scores = g.node('divide', [g.node('matmul', [q, turned]), g.constant('root', number(2))]);
    const sums = g.node('matmul', [g.node('softmax', [scores], { attributes: { axis: 2 } }), v]);
    const back = g.node('transpose', [sums], { attributes: { permutation: [1, 0, 2] } });
    g.output(g.node('reshape', [back], { attributes: { shape: [tokens, 1, heads * depth] } }));
    const graph = g.build();
    const folded = fold(graph);
    expect(count(folded, 'attention')).toBe(1);
    expect(count(folded, 'transpose')).toBe(0);
    expectSame(graph, folded);
  });

  it('leaves attention alone whose values are scaled or whose mask differs from key to head', () => {
    const g = graphBuilder('scaled values');
    const [q, k, v] = [
      g.input('q', f32Type([2, 4, 3])),
      g.input('k', f32Type([2, 3, 4])),
      g.input('v', f32Type([2, 4, 3])),
    ];
    const mask = g.input('mask', f32Type([2, 4, 4]));
    const scores = g.node('add', [g.node('matmul', [q, k]), mask]);
    g.output(g.node('matmul', [g.node('softmax', [scores], { attributes: { axis: 2 } }), v]));
    const graph = g.build();
    expect(count(fold(graph), 'attention')).toBe(0);
  });
});

describe('quantize of a vision transformer', () => {
  it('computes layers and attention with integers and keeps what blocks add up real', async () => {
    const graph = visionTransformer('small', small, 7);
    const samples = [1, 2, 3, 4].map((seed) => randomInputs(graph, seed));
    const integer = await quantize(graph, samples);
    const types = inferTypes(integer);
    for (const { op, inputs, outputs, quantization } of integer.nodes) {
      const [input, output] = [types.get(inputs[0] ?? ''), types.get(outputs[0] ?? '')];
      if (op === 'attention') expect([input?.dtype, output?.dtype]).toEqual(['u8', 'u8']);
      if (op === 'linear') expect(input?.dtype).toBe('u8');
      if (op === 'add' || op === 'layerNorm')
        expect([output?.dtype, quantization]).toEqual(['f32', undefined]);
    }
    const inputs = randomInputs(graph, 9);
    const [name = ''] = graph.outputs.map((output) => output.name);
    const [real, own] = [interpret(graph, inputs)[name], interpret(integer, inputs)[name]];
    let [signal, noise] = [0, 0];
    real?.data.forEach((value, i) => {
      signal += value ** 2;
      noise += (value - (own?.data[i] ?? 0)) ** 2;
    });
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(25);
  });
});
