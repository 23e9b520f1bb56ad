import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../../src/error.js';
import { fromOnnx, type OnnxOptions } from '../../../src/format/onnx/index.js';
import { Source } from './cases.js';
import { encodeOnnx, float, int64, type ModelSpec, type NodeSpec, type TensorSpec } from './onnx-writer.js';
import { expectSameAsOnnxruntime } from './onnxruntime.js';

/** A model over one float input of open sizes; the last node's first output is the model's. */
function openModel(
  shape: readonly (number | string)[],
  nodes: readonly (readonly [
    output: string,
    operator: string,
    inputs: readonly string[],
    attributes?: NodeSpec['attributes'],
  ])[],
  initializers: Readonly<Record<string, TensorSpec>> = {},
): ModelSpec {
  return {
    inputs: [{ name: 'x', type: 'float', shape }],
    outputs: [{ name: nodes.at(-1)?.[0] ?? 'x', type: 'float' }],
    initializers,
    nodes: nodes.map(([output, operator, inputs, attributes = {}]) => ({
      operator,
      inputs,
      outputs: [output],
      attributes,
    })),
  };
}

const exact = { relative: 0 };

function refused(model: ModelSpec, options: OnnxOptions): SpikeletError {
  try {
    fromOnnx(encodeOnnx(model), options);
  } catch (error) {
    if (error instanceof SpikeletError) return error;
    throw error;
  }
  throw new Error('the model was accepted');
}

describe('arithmetic on shapes is done at import', () => {
  test('x.view(x.size(0), -1)', async () => {
    const model = openModel(
      ['batch', 3, 'height', 'width'],
      [
        ['s', 'Shape', ['x']],
        ['n', 'Gather', ['s', 'zero'], { axis: { int: 0 } }],
        ['n1', 'Unsqueeze', ['n', 'axis']],
        ['target', 'Concat', ['n1', 'rest'], { axis: { int: 0 } }],
        ['y', 'Reshape', ['x', 'target']],
      ],
      { zero: int64([0], []), axis: int64([0]), rest: int64([-1]) },
    );
    const graph = await expectSameAsOnnxruntime(model, { x: new Source(1).f32([2, 3, 4, 5]) }, exact, {
      shapes: { x: [2, 3, 4, 5] },
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['reshape']);
  });

  test('interpolation to twice the size, computed in floats', async () => {
    const model = openModel(
      [1, 2, 'h', 'w'],
      [
        ['s', 'Shape', ['x']],
        ['hw', 'Slice', ['s', 'two', 'four']],
        ['real', 'Cast', ['hw'], { to: { int: 1 } }],
        ['twice', 'Mul', ['real', 'factor']],
        ['floor', 'Floor', ['twice']],
        ['whole', 'Cast', ['floor'], { to: { int: 7 } }],
        ['nc', 'Slice', ['s', 'zero', 'two']],
        ['sizes', 'Concat', ['nc', 'whole'], { axis: { int: 0 } }],
        ['y', 'Resize', ['x', '', '', 'sizes'], { mode: { text: 'linear' } }],
      ],
      { zero: int64([0]), two: int64([2]), four: int64([4]), factor: float([], [2]) },
    );
    const options = { shapes: { x: [1, 2, 3, 5] } };
    const graph = await expectSameAsOnnxruntime(
      model,
      { x: new Source(2).f32([1, 2, 3, 5]) },
      { relative: 1e-6 },
      options,
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(['resize']);
  });

  test('channel shuffle: sizes divided, multiplied and joined', async () => {
    const model = openModel(
      ['n', 6, 4, 4],
      [
        ['s', 'Shape', ['x']],
        ['n', 'Gather', ['s', 'i0']],
        ['c', 'Gather', ['s', 'i1']],
        ['part', 'Div', ['c', 'groups']],
        ['back', 'Mul', ['part', 'groups']],
        ['n1', 'Unsqueeze', ['n', 'axis']],
        ['g1', 'Unsqueeze', ['groups', 'axis']],
        ['p1', 'Unsqueeze', ['part', 'axis']],
        ['c1', 'Unsqueeze', ['back', 'axis']],
        ['split', 'Concat', ['n1', 'g1', 'p1', 'hw'], { axis: { int: 0 } }],
        ['joined', 'Concat', ['n1', 'c1', 'hw'], { axis: { int: 0 } }],
        ['a', 'Reshape', ['x', 'split']],
        ['b', 'Transpose', ['a'], { perm: { ints: [0, 2, 1, 3, 4] } }],
        ['y', 'Reshape', ['b', 'joined']],
      ],
      { i0: int64([0], []), i1: int64([1], []), groups: int64([2], []), axis: int64([0]), hw: int64([4, 4]) },
    );
    const options = { shapes: { x: [1, 6, 4, 4] } };
    const graph = await expectSameAsOnnxruntime(
      model,
      { x: new Source(3).f32([1, 6, 4, 4]) },
      exact,
      options,
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(['reshape', 'transpose', 'reshape']);
  });

  test('Range, ConstantOfShape, Where, Equal, Expand and ReduceProd of known values', async () => {
    const model = openModel(
      ['n', 4],
      [
        ['s', 'Shape', ['x']],
        ['count', 'ReduceProd', ['s'], { keepdims: { int: 0 } }],
        ['ones', 'ConstantOfShape', ['rank'], { value: { tensor: int64([1]) } }],
        ['isMinus', 'Equal', ['wanted', 'minus']],
        ['chosen', 'Where', ['isMinus', 's', 'wanted']],
        ['wide', 'Expand', ['ones', 'rank']],
        ['target', 'Mul', ['chosen', 'wide']],
        ['shaped', 'Reshape', ['x', 'target']],
        ['steps', 'Range', ['from', 'to', 'by']],
        ['added', 'Cast', ['steps'], { to: { int: 1 } }],
        ['y', 'Add', ['shaped', 'added']],
      ],
      {
        rank: int64([2]),
        minus: int64([-1], []),
        wanted: int64([-1, 4]),
        from: int64([0], []),
        to: int64([8], []),
        by: int64([2], []),
      },
    );
    const options = { shapes: { x: [3, 4] } };
    const graph = await expectSameAsOnnxruntime(
      model,
      { x: new Source(4).f32([3, 4]) },
      { relative: 1e-6 },
      options,
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(['reshape', 'add']);
  });

  test.each([
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
    'And',
    'Or',
  ])('%s of constants', async (operator) => {
    const logical = operator === 'And' || operator === 'Or';
    const operand = (data: readonly number[]): TensorSpec => ({
      type: logical ? 'bool' : 'int64',
      shape: [3],
      data,
    });
    const model = openModel(
      [3],
      [
        ['truth', operator, ['a', 'b']],
        ['opposite', 'Not', ['truth']],
        ['chosen', 'Where', ['opposite', 'c', 'd']],
        ['y', 'Add', ['x', 'chosen']],
      ],
      { a: operand([0, 1, 1]), b: operand([0, 0, 1]), c: float([3], [1, 2, 3]), d: float([], [10]) },
    );
    const graph = await expectSameAsOnnxruntime(model, { x: new Source(8).f32([3]) }, { relative: 1e-6 });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['add']);
  });

  test('Size of a value', async () => {
    const model = openModel(
      [3, 'n'],
      [
        ['count', 'Size', ['x']],
        ['real', 'Cast', ['count'], { to: { int: 1 } }],
        ['y', 'Div', ['x', 'real']],
      ],
    );
    const options = { shapes: { x: [3, 4] } };
    await expectSameAsOnnxruntime(model, { x: new Source(9).f32([3, 4]) }, { relative: 1e-6 }, options);
  });

  test.each(['Abs', 'Ceil', 'Floor', 'Neg', 'Round', 'Sqrt'])('%s of a constant', async (operator) => {
    const model = openModel(
      [4],
      [
        ['c', operator, ['k']],
        ['y', 'Add', ['x', 'c']],
      ],
      { k: float([4], [0.5, 1.5, 2.4, 9]) },
    );
    const graph = await expectSameAsOnnxruntime(model, { x: new Source(5).f32([4]) }, { relative: 1e-6 });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['add']);
  });

  test.each([
    ['Max', 3],
    ['Min', 2],
    ['Sub', 1],
    ['Pow', 9],
    ['Div', 1],
  ])('%s of integers', async (operator, result) => {
    const model = openModel(
      [12],
      [
        ['c', operator, ['a', 'b']],
        ['t', 'Unsqueeze', ['c', 'axis']],
        ['shape', 'Concat', ['t', 'rest'], { axis: { int: 0 } }],
        ['y', 'Reshape', ['x', 'shape']],
      ],
      {
        a: int64([3], []),
        b: int64([2], []),
        axis: int64([0]),
        rest: int64([-1]),
      },
    );
    const divides = 12 % result === 0;
    if (!divides) {
      expect(refused(model, {}).message).toMatch(/cannot become \[9, -1\]/);
      return;
    }
    const graph = await expectSameAsOnnxruntime(model, { x: new Source(6).f32([12]) }, exact);
    expect(graph.nodes[0]?.attributes).toEqual({ shape: [result, 12 / result] });
  });
});

describe('sizes that the file leaves open', () => {
  const relu = openModel(['batch', 3, '', 'width'], [['y', 'Relu', ['x']]]);

  test('are asked for, with every input, its dimensions and an example', () => {
    const error = refused(relu, {});
    expect(error.code).toBe('invalid-input');
    expect(error.message).toContain('x: float [batch, 3, ?, width]');
    expect(error.message).toContain(
      'shapes: { "x": [1, 3, H, W] } with your numbers for H and W; the model\'s inputs are',
    );
  });

  test.each([
    [['batch', 3, 224, 224], '[1, 3, 224, 224] }; the model'],
    [['n', 'c', 8, 'w'], '[1, C, 8, W] } with your numbers for C and W'],
    [['n', 'length'], '[1, N] } with your numbers for N'],
  ])('%j are asked for by what they usually are', (shape, example) => {
    expect(refused(openModel(shape, [['y', 'Relu', ['x']]]), {}).message).toContain(example);
  });

  test('are taken from shapes', () => {
    const graph = fromOnnx(encodeOnnx(relu), { shapes: { x: [2, 3, 4, 5] } });
    expect(graph.inputs[0]?.type.shape).toEqual([2, 3, 4, 5]);
  });

  test('are taken from another input with a dimension of the same name', () => {
    const model: ModelSpec = {
      inputs: [
        { name: 'a', type: 'float', shape: ['n', 3] },
        { name: 'b', type: 'float', shape: ['n', 1] },
      ],
      outputs: [{ name: 'y', type: 'float' }],
      nodes: [{ operator: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
    };
    expect(fromOnnx(encodeOnnx(model), { shapes: { a: [4, 3] } }).inputs[1]?.type.shape).toEqual([4, 1]);
    const error = refused(model, { shapes: { a: [4, 3], b: [5, 1] } });
    expect(error.message).toMatch(/'n' is given as 4 and as 5/);
  });

  const wrong: readonly (readonly [what: string, shapes: unknown, message: RegExp])[] = [
    ['of another input', { y: [1] }, /no input 'y'; did you mean 'x'\?/],
    ['of the wrong rank', { x: [1, 3] }, /does not fit input 'x'/],
    ['that contradict the file', { x: [1, 4, 2, 2] }, /does not fit input 'x'/],
    ['that are no sizes', { x: [1, 3, 0, 2] }, /sizes from 1/],
    ['that are no list', { x: 7 }, /must be a list/],
  ];
  test.each(wrong)('are refused: shapes %s', (_what, shapes, message) => {
    const error = refused(relu, JSON.parse(JSON.stringify({ shapes })));
    expect(error.code).toBe('invalid-input');
    expect(error.message).toMatch(message);
  });

  test('unknown options are refused', () => {
    expect(refused(relu, JSON.parse('{"shape":{}}'))).toMatchObject({
      code: 'invalid-option',
      message: "fromOnnx has no option 'shape'; did you mean 'shapes'? (known: shapes)",
    });
    expect(refused(relu, JSON.parse('{"shapes":[1]}'))).toMatchObject({ code: 'invalid-option' });
  });
});
