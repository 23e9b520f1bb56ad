import { f32Type, graphBuilder, quantization, u8Type, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Constant } from '../../src/graph/tensor.js';

export const f32Constant = (shape: readonly number[], values: Iterable<number>): Constant => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(values),
});

export const i32Constant = (values: Iterable<number>): Constant => {
  const data = Int32Array.from(values);
  return { dtype: 'i32', shape: [data.length], data };
};

/** relu(conv(x) + x), pooled and classified: x is one channel of 2x2. */
export function residualNetwork(): Graph {
  const g = graphBuilder('residual');
  const x = g.input('x', f32Type([1, 1, 2, 2]));
  const weight = g.constant('w', f32Constant([1, 1, 1, 1], [-2]));
  const bias = g.constant('b', f32Constant([1], [1]));
  const sum = g.node('add', [g.node('conv', [x, weight, bias], { name: 'conv' }), x], { name: 'sum' });
  const pooled = g.node('globalAveragePool', [g.node('relu', [sum], { name: 'relu' })], { name: 'pool' });
  const flat = g.node('reshape', [pooled], { name: 'flat', attributes: { shape: [1, 1] } });
  const classifier = g.constant('fc', f32Constant([2, 1], [1, -1]));
  g.output(g.node('linear', [flat, classifier], { name: 'logits' }), {
    kind: 'classes',
    labels: ['plus', 'minus'],
  });
  return g.build();
}

/** The same in integers. */
export function integerResidualNetwork(): Graph {
  const q = quantization(0.5, 100);
  const g = graphBuilder('integer residual');
  const x = g.input('x', u8Type([1, 1, 2, 2], q));
  const weight = g.constant('w', weightConstant([1, 1, 1, 1], [-4], [0.5], 4));
  const bias = g.constant('b', i32Constant([4]));
  const conv = g.node('conv', [x, weight, bias], { name: 'conv', quantization: quantization(0.5, 128) });
  const sum = g.node('add', [conv, x], { name: 'sum', quantization: quantization(0.25, 0) });
  g.output(g.node('globalAveragePool', [sum], { name: 'pool', quantization: quantization(0.125, 0) }));
  return g.build();
}
