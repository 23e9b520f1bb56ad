import { describe, expect, test } from 'vitest';
import { fromOnnx } from '../../../src/format/onnx/index.js';
import { interpret } from '../../../src/graph/interpret.js';
import { type DataTypeName, encodeOnnx, float, type ModelSpec, type TensorSpec } from './onnx-writer.js';

/** x + constant, where the constant is an initializer or a node. */
function sum(constant: TensorSpec | undefined, node?: ModelSpec['nodes'][number]): ModelSpec {
  return {
    inputs: [{ name: 'x', type: 'float', shape: [3] }],
    outputs: [{ name: 'y', type: 'float' }],
    initializers: constant ? { c: constant } : {},
    nodes: [...(node ? [node] : []), { operator: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
  };
}

function run(model: ModelSpec): readonly number[] {
  const graph = fromOnnx(encodeOnnx(model));
  const x = { dtype: 'f32', shape: [3], data: Float32Array.of(10, 20, 30) } as const;
  return [...(interpret(graph, { x }).y?.data ?? [])];
}

const halves = [0x3c00, 0xc000, 0x3800];

describe('constants', () => {
  const kinds: readonly (readonly [DataTypeName, readonly number[], readonly number[]])[] = [
    ['float', [1, -2, 0.5], [11, 18, 30.5]],
    ['double', [1, -2, 0.5], [11, 18, 30.5]],
    ['float16', halves, [11, 18, 30.5]],
  ];
  for (const storage of ['raw', 'field'] as const) {
    test.each(kinds)(`initializers of type %s, numbers in the ${storage} field`, (type, data, expected) => {
      expect(run(sum({ type, shape: [3], data, storage }))).toEqual(expected);
    });
    test.each([
      'int32',
      'int64',
      'int8',
      'uint8',
      'bool',
    ] as const)(`%s cast to float, ${storage} field`, (type) => {
      const data = type === 'bool' ? [1, 0, 1] : [1, type === 'uint8' ? 200 : -100, 3];
      const cast = { operator: 'Cast', inputs: ['k'], outputs: ['c'], attributes: { to: { int: 1 } } };
      const model = { ...sum(undefined, cast), initializers: { k: { type, shape: [3], data, storage } } };
      expect(run(model)).toEqual(data.map((value, i) => value + 10 * (i + 1)));
    });
  }

  test('nodes with a tensor, a number or a list', () => {
    const node = (attributes: ModelSpec['nodes'][number]['attributes']): ModelSpec =>
      sum(undefined, { operator: 'Constant', inputs: [], outputs: ['c'], ...(attributes && { attributes }) });
    expect(run(node({ value: { tensor: float([3], [1, 2, 3]) } }))).toEqual([11, 22, 33]);
    expect(run(node({ value_float: { float: 0.5 } }))).toEqual([10.5, 20.5, 30.5]);
    expect(run(node({ value_floats: { floats: [1, 2, 3] } }))).toEqual([11, 22, 33]);
  });

  test('of floats are views of the file where they are aligned, and never written to', () => {
    const weights = Float32Array.from({ length: 64 }, (_, i) => i);
    for (const name of ['w', 'ww', 'www', 'wwww']) {
      const model: ModelSpec = {
        inputs: [{ name: 'x', type: 'float', shape: [64] }],
        outputs: [{ name: 'y', type: 'float' }],
        initializers: { [name]: float([64], weights) },
        nodes: [{ operator: 'Mul', inputs: ['x', name], outputs: ['y'] }],
      };
      const file = encodeOnnx(model);
      const before = file.slice();
      expect(fromOnnx(file).constants.get(name)?.data).toEqual(weights);
      expect(file).toEqual(before);
    }
  });

  test('that nothing uses do not get into the graph', () => {
    const model = sum(float([3], [1, 2, 3]));
    const graph = fromOnnx(
      encodeOnnx({ ...model, initializers: { ...model.initializers, unused: float([1], [1]) } }),
    );
    expect([...graph.constants.keys()]).toEqual(['c']);
  });
});

describe('names', () => {
  test('of outputs are kept through operators that vanish', () => {
    const model: ModelSpec = {
      inputs: [{ name: 'x', type: 'float', shape: [3] }],
      outputs: [
        { name: 'same', type: 'float' },
        { name: 'twice', type: 'float' },
        { name: 'input', type: 'float' },
        { name: 'fixed', type: 'float' },
      ],
      initializers: { c: float([3], [1, 2, 3]) },
      nodes: [
        { operator: 'Relu', inputs: ['x'], outputs: ['r'] },
        { operator: 'Identity', inputs: ['r'], outputs: ['same'] },
        { operator: 'Identity', inputs: ['r'], outputs: ['twice'] },
        { operator: 'Identity', inputs: ['x'], outputs: ['input'] },
        { operator: 'Identity', inputs: ['c'], outputs: ['fixed'] },
      ],
    };
    const graph = fromOnnx(encodeOnnx(model));
    const x = { dtype: 'f32', shape: [3], data: Float32Array.of(-1, 0, 5) } as const;
    const outputs = interpret(graph, { x });
    expect(Object.keys(outputs)).toEqual(['same', 'twice', 'input', 'fixed']);
    expect([...(outputs.twice?.data ?? [])]).toEqual([0, 0, 5]);
    expect([...(outputs.input?.data ?? [])]).toEqual([-1, 0, 5]);
    expect([...(outputs.fixed?.data ?? [])]).toEqual([1, 2, 3]);
  });

  test('of nodes that are empty or given twice become unique', () => {
    const nodes = [0, 1, 2].map((i) => ({
      operator: 'Relu',
      name: i ? 'same' : '',
      inputs: [`v${i}`],
      outputs: [`v${i + 1}`],
    }));
    const model: ModelSpec = {
      inputs: [{ name: 'v0', type: 'float', shape: [1] }],
      outputs: [{ name: 'v3', type: 'float' }],
      nodes,
    };
    expect(fromOnnx(encodeOnnx(model)).nodes.map(({ name }) => name)).toEqual(['v1', 'same', 'same.1']);
  });
});
