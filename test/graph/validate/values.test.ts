import { describe, expect, test } from 'vitest';
import { quantization, weightConstant } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import type { Node } from '../../../src/graph/ops/table.js';
import type { Constant, TensorType } from '../../../src/graph/tensor.js';
import { f32Constant } from '../networks.js';
import { failure, float, integer } from './invalid.js';

const withConstant = (name: string, constant: Constant, graph = float): Graph => ({
  ...graph,
  constants: new Map(graph.constants).set(name, constant),
});

const withInput = (type: object, more: object = {}): Graph => ({
  ...float,
  inputs: [{ name: 'x', type: { dtype: 'f32', shape: [1, 1, 2, 2], ...type } as TensorType, ...more }],
});

describe('inputs and outputs', () => {
  const rgb = { kind: 'image', channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1] };
  const gray = { kind: 'image', channels: 'gray', mean: [0], std: [1] };
  test.each<[string, Graph, string]>([
    ['i32', withInput({ dtype: 'i32' }), "input 'x': must be f32 or u8, got i32"],
    ['u8 without quantization', withInput({ dtype: 'u8' }), "input 'x': a u8 value needs a quantization"],
    ['f32 with one', withInput({ quantization: quantization(1, 0) }), 'an f32 value has no quantization'],
    [
      'a size of 0',
      withInput({ shape: [1, 1, 0, 2] }),
      "input 'x': sizes must be integers from 1 to 268435456",
    ],
    ['a size that is no integer', withInput({ shape: [1, 1, 1.5, 2] }), 'sizes must be integers'],
    ['too many dimensions', withInput({ shape: new Array(9).fill(1) }), 'a list of at most 8 sizes'],
    ['too many elements', withInput({ shape: [1, 1, 2 ** 15, 2 ** 14] }), 'has more than 268435456 elements'],
    ['an rgb image of one channel', withInput({}, { meaning: rgb }), 'an image of rgb must be [N, 3, H, W]'],
    [
      'a missing mean',
      withInput({}, { meaning: { ...gray, mean: [] } }),
      'needs 1 means and standard deviations',
    ],
    ['a deviation of 0', withInput({}, { meaning: { ...gray, std: [0] } }), 'standard deviations positive'],
    [
      'labels that are not as many as classes',
      { ...float, outputs: [{ name: 'logits', meaning: { kind: 'classes', labels: ['one'] } }] },
      "output 'logits': has 1 labels for 2 classes of [1, 2]",
    ],
  ])('%s', (_what, graph, message) => {
    expect(failure(graph)).toContain(message);
  });

  test('a value computed from small inputs is bounded too', () => {
    const huge: Node = {
      op: 'resize',
      name: 'huge',
      inputs: ['x'],
      outputs: ['huge'],
      attributes: {
        sizes: [1, 1, 2 ** 28, 2 ** 28],
        mode: 'nearest',
        coordinates: 'asymmetric',
        rounding: 'floor',
        scales: [],
      },
    };
    const graph = { ...float, nodes: [...float.nodes, huge] };
    expect(failure(graph)).toContain("node 'huge' (resize): [1, 1, 268435456, 268435456] has more than");
  });
});

describe('constants', () => {
  const weight = weightConstant([1, 1, 1, 1], [-4], [0.5], 4);
  const narrow = { bits: 4, scales: Float32Array.of(0.5), axis: 0 } as const;
  test.each<[string, Constant, string]>([
    ['too few elements', { ...weight, shape: [2, 1, 1, 1] }, 'data must be a Int8Array of 2 elements'],
    ['another array type', { ...weight, data: Float32Array.of(1) }, 'data must be a Int8Array of 1 elements'],
    ['an unknown type', { ...weight, dtype: 'f64' as 'f32' }, "unknown element type 'f64'"],
    [
      'a weight beyond its bits',
      { ...weight, data: Int8Array.of(8) },
      'weight 0 is 8, which does not fit in 4 bits',
    ],
    [
      'a negative weight beyond its bits',
      { ...weight, data: Int8Array.of(-9) },
      'weight 0 is -9, which does not fit in 4 bits',
    ],
    [
      'bits that do not exist',
      { ...weight, quantization: { ...narrow, bits: 9 as 8 } },
      'weights have 2 to 8 bits, got 9',
    ],
    [
      'too many scales',
      { ...weight, quantization: { ...narrow, scales: Float32Array.of(1, 1) } },
      'needs one f32 scale for each of [1, 1, 1, 1] along axis 0',
    ],
    [
      'an axis that is not there',
      { ...weight, quantization: { ...narrow, axis: 4 } },
      'needs one f32 scale for each of [1, 1, 1, 1] along axis 4',
    ],
    [
      'a negative scale',
      { ...weight, quantization: { ...narrow, scales: Float32Array.of(-1) } },
      'scale 0 must be positive and finite, got -1',
    ],
    ['a quantized f32', { ...f32Constant([1], [1]), quantization: narrow }, 'only i8 weights are quantized'],
    ['a weight that is not a number', f32Constant([1, 1, 1, 1], [Number.NaN]), 'element 0 is not a number'],
  ])('%s', (_what, constant, message) => {
    expect(failure(withConstant('w', constant, integer))).toContain(`constant 'w': ${message}`);
  });
});
