import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import { quantization, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Node } from '../../src/graph/ops/table.js';
import type { Constant, TensorType } from '../../src/graph/tensor.js';
import { validateGraph } from '../../src/graph/validate.js';
import { f32Constant, i32Constant, integerResidualNetwork, residualNetwork } from './networks.js';

const float = residualNetwork();
const integer = integerResidualNetwork();

function failure(graph: Graph): string {
  try {
    validateGraph(graph);
  } catch (error) {
    if (error instanceof SpikeletError && error.code === 'invalid-model') return error.message;
    throw error;
  }
  return 'valid';
}

/** The float network with one node changed. */
const withNode = (name: string, change: object, graph = float): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) => (node.name === name ? ({ ...node, ...change } as Node) : node)),
});

const withConstant = (name: string, constant: Constant, graph = float): Graph => ({
  ...graph,
  constants: new Map(graph.constants).set(name, constant),
});

const withInput = (type: object, more: object = {}): Graph => ({
  ...float,
  inputs: [{ name: 'x', type: { dtype: 'f32', shape: [1, 1, 2, 2], ...type } as TensorType, ...more }],
});

test('valid graphs are valid, and their types are known', () => {
  expect(validateGraph(float).get('logits')).toEqual({ dtype: 'f32', shape: [1, 2] });
  expect(validateGraph(integer).get('pool')).toEqual({
    dtype: 'u8',
    shape: [1, 1, 1, 1],
    quantization: quantization(0.125, 0),
  });
});

describe('names', () => {
  test.each<[string, Graph, string]>([
    ['no inputs', { ...float, inputs: [] }, 'graph: needs at least one input and one output'],
    ['no outputs', { ...float, outputs: [] }, 'graph: needs at least one input and one output'],
    [
      'a node name twice',
      withNode('sum', { name: 'conv' }),
      "graph: the name 'conv' is given to more than one node",
    ],
    [
      'a value name twice',
      withNode('sum', { outputs: ['conv'] }),
      "graph: the name 'conv' is given to more than one value",
    ],
    [
      'a node that hides an input',
      withNode('sum', { outputs: ['x'] }),
      "graph: the name 'x' is given to more than one value",
    ],
    ['a node without a name', withNode('sum', { name: '' }), 'graph: a node has no name'],
    ['an output twice', { ...float, outputs: [...float.outputs, ...float.outputs] }, 'more than one output'],
    [
      'an unknown output',
      { ...float, outputs: [{ name: 'nowhere' }] },
      "output 'nowhere': is no input, constant or node output of the graph",
    ],
    [
      'an unknown node input',
      withNode('relu', { inputs: ['nowhere'] }),
      "node 'relu' (relu): input 'nowhere' is no input, constant or node output of the graph",
    ],
    [
      'nodes out of order',
      { ...float, nodes: [...float.nodes].reverse() },
      "node 'logits' (linear): input 'flat' is not computed before it is used",
    ],
    [
      'a node that reads itself',
      withNode('relu', { inputs: ['relu'] }),
      "node 'relu' (relu): input 'relu' is not computed before it is used",
    ],
    [
      'constants that are no map',
      { ...float, constants: {} as Graph['constants'] },
      'constants must be a Map',
    ],
  ])('%s', (_what, graph, message) => {
    expect(failure(graph)).toContain(message);
  });
});

describe('nodes', () => {
  test.each<[string, Graph, string]>([
    [
      'an unknown operation',
      withNode('relu', { op: 'reluu' }),
      "node 'relu' (reluu): this version has no such operation",
    ],
    [
      'an operation named as a method of all objects',
      withNode('relu', { op: 'toString' }),
      'this version has no such operation',
    ],
    [
      'too many inputs',
      withNode('relu', { inputs: ['sum', 'sum'] }),
      "node 'relu' (relu): takes 1 inputs, got 2",
    ],
    ['too few inputs', withNode('conv', { inputs: ['x'] }), 'takes 2 to 3 inputs, got 1'],
    ['a required input left out', withNode('conv', { inputs: ['x', ''] }), 'input 1 is missing'],
    ['too many outputs', withNode('relu', { outputs: ['relu', 'other'] }), 'has 1 outputs, got 2 names'],
    [
      'an unknown attribute',
      withNode('conv', { attributes: { stride: [1, 1] } }),
      "node 'conv' (conv): unknown attribute 'stride' (known: strides, pads, dilations, groups)",
    ],
    [
      'a wrong attribute',
      withNode('conv', { attributes: { strides: [0, 1] } }),
      "node 'conv' (conv): attribute 'strides' must be 2 integers from 1",
    ],
    [
      'an attribute that is missing',
      withNode('flat', { attributes: {} }),
      "node 'flat' (reshape): attribute 'shape' must be",
    ],
    [
      'a default that is left out',
      withNode('conv', { attributes: { strides: [1, 1], pads: [0, 0, 0, 0], groups: 1 } }),
      "node 'conv' (conv): attribute 'dilations' is missing",
    ],
    [
      'shapes that do not fit',
      withNode('logits', { inputs: ['x', 'fc'] }),
      "node 'logits' (linear): input [1, 1, 2, 2] and weight [2, 1] do not fit together",
    ],
    [
      'a quantization on f32',
      withNode('relu', { quantization: quantization(1, 0) }),
      "node 'relu' (relu): has a quantization, but its output is f32",
    ],
    [
      'no quantization on u8',
      withNode('sum', { quantization: undefined }, integer),
      "node 'sum' (add): a u8 output needs a quantization",
    ],
    [
      'a scale of 0',
      withNode('sum', { quantization: { scale: 0, zeroPoint: 0 } }, integer),
      "node 'sum' (add): quantization scale must be a positive, normal, finite f32, got 0",
    ],
    [
      'a scale that is no f32',
      withNode('sum', { quantization: { scale: 0.1, zeroPoint: 0 } }, integer),
      'must be a positive, normal, finite f32, got 0.1',
    ],
    [
      'a scale that is not a number',
      withNode('sum', { quantization: { scale: Number.NaN, zeroPoint: 0 } }, integer),
      'must be a positive, normal, finite f32, got NaN',
    ],
    [
      'a zero point beyond u8',
      withNode('sum', { quantization: { scale: 1, zeroPoint: 256 } }, integer),
      "node 'sum' (add): quantization zero point must be an integer from 0 to 255, got 256",
    ],
    [
      'scales too far apart',
      withNode('sum', { quantization: { scale: 2 ** -100, zeroPoint: 0 } }, integer),
      "node 'sum' (add): input scale 0.5 and output scale",
    ],
  ])('%s', (_what, graph, message) => {
    expect(failure(graph)).toContain(message);
  });
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

describe('int32 accumulators', () => {
  const wide = (inFeatures: number, value: number, bits: 2 | 4 | 8, bias: number): Graph => ({
    ...float,
    inputs: [{ name: 'x', type: { dtype: 'u8', shape: [1, inFeatures], quantization: quantization(1, 0) } }],
    outputs: [{ name: 'y' }],
    nodes: [
      {
        op: 'linear',
        name: 'y',
        inputs: ['x', 'w', 'b'],
        outputs: ['y'],
        attributes: {},
        quantization: quantization(1, 0),
      },
    ],
    constants: new Map([
      ['w', weightConstant([1, inFeatures], new Int8Array(inFeatures).fill(value), [1], bits)],
      ['b', i32Constant([bias])],
    ]),
  });
  const largest = 2 ** 31 - 1;

  test('hold as many products as fit beside the bias', () => {
    expect(failure(wide(1, 1, 8, largest - 255))).toBe('valid');
    expect(failure(wide(1, 1, 8, largest - 254))).toBe(
      "node 'y' (linear): the int32 accumulator of output channel 0 can overflow",
    );
    expect(failure(wide(1, -1, 8, -(largest - 255)))).toBe('valid');
    expect(failure(wide(1, -1, 8, -(2 ** 31)))).toContain('can overflow');
  });

  test('hold sums of weights of few bits in the high bits of a byte', () => {
    const fits = Math.floor(largest / (255 * 7 * 16));
    expect(failure(wide(fits, 7, 4, 0))).toBe('valid');
    expect(failure(wide(fits + 1, 7, 4, 0))).toContain('can overflow');
    expect(failure(wide(fits + 1, 7, 8, 0))).toBe('valid');
  });
});

describe('graphs from callers without a type checker', () => {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, '', 'x', -1, 0, 1.5, Number.NaN, 2 ** 53, true, [], {}, [[]]),
    fc.constantFrom<unknown>([null], ['__proto__'], [1, 2], { length: 3 }, { kind: 'image' }, { kind: 1 }),
    fc.constantFrom<unknown>(() => 0, Symbol.iterator, 3n, new Map(), new Float32Array(2), '__proto__'),
  );

  /** Paths of all fields, depth first; data of constants as a whole. */
  function paths(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
    const below =
      typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
        ? Object.entries(value).flatMap(([key, field]) => paths(field, [...path, key]))
        : [];
    return [path, ...below];
  }

  function replace(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
    if (key === undefined) return by;
    const copy: Record<string, unknown> = Array.isArray(value)
      ? ([...value] as unknown as Record<string, unknown>)
      : { ...(value as Record<string, unknown>) };
    copy[key] = replace(copy[key], rest, by);
    return copy;
  }

  const plain = (graph: Graph) => ({ ...graph, constants: Object.fromEntries(graph.constants) });

  test.each([float, integer])('any field replaced by anything is valid or a typed error', (graph) => {
    const base = plain(graph);
    fc.assert(
      fc.property(fc.constantFrom(...paths(base)), junk, (path, by) => {
        const changed = replace(base, path, by) as ReturnType<typeof plain> | undefined;
        const constants: unknown = changed?.constants;
        const map =
          typeof constants === 'object' && constants !== null
            ? new Map(Object.entries(constants))
            : constants;
        const hostile = path.length === 0 ? by : { ...changed, constants: map };
        expect(failure(hostile as Graph)).toBeTypeOf('string');
      }),
      { numRuns: 2000 },
    );
  });
});
