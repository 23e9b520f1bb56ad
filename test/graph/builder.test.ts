import { describe, expect, test } from 'vitest';
import { f32Type, graphBuilder } from '../../src/graph/builder.js';
import { formatGraph } from '../../src/graph/format.js';
import { inferTypes, nodeCost } from '../../src/graph/types.js';
import { f32Constant, integerResidualNetwork } from './networks.js';

describe('graphBuilder', () => {
  test('fills in default attributes and names nodes', () => {
    const g = graphBuilder('tiny');
    const x = g.input('x', f32Type([1, 1, 4, 4]));
    g.output(g.node('maxPool', [x], { attributes: { kernel: [2, 2] } }));
    const [node] = g.build().nodes;
    expect(node).toEqual({
      op: 'maxPool',
      name: 'maxPool1',
      inputs: ['x'],
      outputs: ['maxPool1'],
      attributes: { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], roundUp: false },
    });
  });

  test('refuses attributes that are missing or wrong at once', () => {
    const g = graphBuilder('tiny');
    const x = g.input('x', f32Type([1, 2]));
    expect(() => g.node('softmax', [x])).toThrow(/node 'softmax1' \(softmax\): attribute 'axis'/);
    expect(() => g.node('softmax', [x], { attributes: { axis: -1 } })).toThrow(/attribute 'axis'/);
  });

  test('refuses a constant that is given twice', () => {
    const g = graphBuilder('tiny');
    g.constant('c', f32Constant([1], [1]));
    expect(() => g.constant('c', f32Constant([1], [2]))).toThrow(/constant 'c': is given twice/);
  });

  test('gives only valid graphs', () => {
    expect(() => graphBuilder('empty').build()).toThrow(/at least one input/);
  });

  test('a built graph does not change when the builder goes on', () => {
    const g = graphBuilder('tiny');
    g.output(g.input('x', f32Type([1])));
    const before = g.build();
    g.node('relu', ['x']);
    expect(before.nodes).toEqual([]);
  });
});

test('formatGraph lists types, weights, attributes that differ from their defaults, and costs', () => {
  expect(formatGraph(integerResidualNetwork())).toBe(
    [
      'graph integer residual',
      'input x: u8[1, 1, 2, 2] scale 0.5 zero point 100',
      'conv: u8[1, 1, 2, 2] scale 0.5 zero point 128 = conv(x; w i8:4[1, 1, 1, 1]; b i32[1])  4 MACs',
      'sum: u8[1, 1, 2, 2] scale 0.25 zero point 0 = add(conv; x)',
      'pool: u8[1, 1, 1, 1] scale 0.125 zero point 0 = globalAveragePool(sum)',
      'output pool',
    ].join('\n'),
  );
});

test('costs: a convolution multiplies its outputs by its window, a product by its inner size', () => {
  const g = graphBuilder('costs');
  const x = g.input('x', f32Type([2, 4, 8, 8]));
  const w = g.constant('w', f32Constant([6, 2, 3, 3], new Float32Array(108)));
  const conv = g.node('conv', [x, w], { name: 'conv', attributes: { groups: 2, strides: [2, 2] } });
  const flat = g.node('reshape', [conv], { attributes: { shape: [2, 6, 9] } });
  const turned = g.node('transpose', [flat], { attributes: { permutation: [0, 2, 1] } });
  const product = g.node('matmul', [flat, turned], { name: 'product' });
  const v = g.constant('v', f32Constant([5, 6], new Float32Array(30)));
  g.output(g.node('linear', [product, v], { name: 'linear' }));
  const graph = g.build();
  const types = inferTypes(graph);
  const costs = Object.fromEntries(graph.nodes.map((node) => [node.name, nodeCost(graph, types, node).macs]));
  expect(costs.conv).toBe(2 * 6 * 3 * 3 * (2 * 3 * 3));
  expect(costs.product).toBe(2 * 6 * 6 * 9);
  expect(costs.linear).toBe(2 * 6 * 5 * 6);
});
