import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../../src/error.js';
import { fromOnnx } from '../../../src/format/onnx/index.js';
import { pack } from '../../../src/format/spikelet.js';
import { colourClassifier } from '../../cli/models.js';
import { Source, single } from './cases.js';
import { encodeOnnx, float, int8, int64, type ModelSpec, uint8 } from './onnx-writer.js';

function refused(model: ModelSpec | Uint8Array): SpikeletError {
  try {
    fromOnnx(model instanceof Uint8Array ? model : encodeOnnx(model));
  } catch (error) {
    if (error instanceof SpikeletError) return error;
    throw error;
  }
  throw new Error('the model was accepted');
}

const source = new Source(1);

const chain = (...operators: readonly string[]): ModelSpec => ({
  inputs: [{ name: 'v0', type: 'float', shape: [1, 2, 3, 3] }],
  outputs: [{ name: `v${operators.length}`, type: 'float' }],
  nodes: operators.map((operator, i) => ({
    operator,
    name: `node${i}`,
    inputs: [`v${i}`],
    outputs: [`v${i + 1}`],
  })),
});

describe('what cannot be imported', () => {
  test('is listed all at once by node name, operator and reason', () => {
    const error = refused(chain('Relu', 'Cosh', 'Relu', 'LRN', 'Cosh'));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('3 parts of the ONNX model cannot be imported');
    for (const line of ['node1 (Cosh): operator', 'node3 (LRN): operator', 'node4 (Cosh): operator']) {
      expect(error.message).toContain(line);
    }
  });

  test('is listed within bounds', () => {
    const error = refused(chain(...new Array<string>(500).fill('Cosh')));
    expect(error.message).toContain('500 parts');
    expect(error.message).toContain('and 450 more');
    expect(error.message.length).toBeLessThan(10_000);
  });

  const image = source.f32([1, 2, 4, 4]);
  const weight = (zeroPoint: number): ModelSpec => ({
    inputs: [{ name: 'x', type: 'float', shape: [1, 2, 4, 4] }],
    outputs: [{ name: 'y', type: 'float' }],
    initializers: {
      s: float([], [0.1]),
      z: uint8([], [0]),
      w: int8([1, 2, 1, 1], [1, 2]),
      wz: int8([], [zeroPoint]),
    },
    nodes: [
      { operator: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
      {
        operator: 'QLinearConv',
        inputs: ['q', 's', 'z', 'w', 's', 'wz', 's', 'z'],
        outputs: ['c'],
        name: 'conv',
      },
      { operator: 'DequantizeLinear', inputs: ['c', 's', 'z'], outputs: ['y'] },
    ],
  });
  const reasons: readonly (readonly [what: string, model: ModelSpec, message: RegExp])[] = [
    [
      'one spatial dimension',
      single({
        operator: 'MaxPool',
        operands: [source.f32([1, 2, 4])],
        attributes: { kernel_shape: { ints: [2] } },
      }).model,
      /spatial dimensions, only 2/,
    ],
    ['weights with a zero point', weight(3), /conv \(QLinearConv\): weights have zero point 3/],
    [
      'weights computed when the model runs',
      single({ operator: 'Conv', operands: [image, source.f32([1, 2, 1, 1])] }).model,
      /weight must be constant/,
    ],
    [
      'cubic interpolation',
      single({
        operator: 'Resize',
        operands: [image, '', float([4], [1, 1, 2, 2])],
        attributes: { mode: { text: 'cubic' } },
      }).model,
      /mode 'cubic'/,
    ],
    [
      'an attribute that is not known',
      single({ operator: 'Relu', operands: [image], attributes: { novelty: { int: 1 } } }).model,
      /attribute novelty/,
    ],
    [
      'indices of MaxPool',
      single({
        operator: 'MaxPool',
        operands: [image],
        attributes: { kernel_shape: { ints: [2, 2] } },
        outputs: 2,
      }).model,
      /indices/,
    ],
    [
      'another domain',
      single({ operator: 'Relu', domain: 'my.own', operands: [image] }).model,
      /my\.own\.Relu/,
    ],
    [
      'a shape known only when the model runs',
      {
        ...single({ operator: 'Reshape', operands: [image] }).model,
        nodes: [
          { operator: 'Cast', inputs: ['x0'], outputs: ['s'], attributes: { to: { int: 7 } } },
          { operator: 'Reshape', inputs: ['x0', 's'], outputs: ['y0'] },
        ],
      },
      /casts values/,
    ],
    [
      'negative pads',
      single({ operator: 'Pad', operands: [image, int64([0, 0, 0, 0, 0, 0, -1, 0])] }).model,
      /negative pads/,
    ],
    [
      'integer inputs',
      { ...chain('Relu'), inputs: [{ name: 'v0', type: 'int8', shape: [2] }] },
      /v0 \(input\): is int8/,
    ],
    [
      'int8 outputs',
      {
        ...weight(0),
        outputs: [{ name: 'q8', type: 'int8' }],
        initializers: { ...weight(0).initializers, i: int8([], [0]) },
        nodes: [{ operator: 'QuantizeLinear', inputs: ['x', 's', 'i'], outputs: ['q8'] }],
      },
      /is int8: end the model/,
    ],
    ['old operators', { ...chain('Relu'), opset: 9 }, /opset_version=11/],
  ];
  test.each(reasons)('%s', (_what, model, message) => {
    const error = refused(model);
    expect(error.code).toBe('unsupported');
    expect(error.message).toMatch(message);
  });

  const invalid: readonly (readonly [what: string, model: ModelSpec, message: RegExp])[] = [
    [
      'a value that nothing computes',
      { ...chain('Relu'), nodes: [{ operator: 'Relu', name: 'r', inputs: ['nowhere'], outputs: ['v1'] }] },
      /'r' \(Relu\).*'nowhere'/,
    ],
    [
      'an output that nothing computes',
      { ...chain('Relu'), outputs: [{ name: 'z', type: 'float' }] },
      /output 'z'/,
    ],
    [
      'a value computed twice',
      { ...chain('Relu'), nodes: [...chain('Relu').nodes, ...chain('Relu').nodes] },
      /'v1'.*twice/,
    ],
    [
      'a missing input',
      { ...chain('Relu'), nodes: [{ operator: 'Conv', name: 'c', inputs: ['v0'], outputs: ['v1'] }] },
      /'c' \(Conv\): input 1 is missing/,
    ],
    [
      'shapes that do not fit',
      {
        ...chain('Relu'),
        initializers: { w: float([3, 5, 1, 1], source.reals(15)) },
        nodes: [{ operator: 'Conv', name: 'c', inputs: ['v0', 'w'], outputs: ['v1'] }],
      },
      /'c' \(conv\).*do not fit/,
    ],
    [
      'an axis that does not exist',
      single({ operator: 'Softmax', operands: [image], attributes: { axis: { int: 7 } } }).model,
      /axis 7/,
    ],
    [
      'an attribute of another type',
      single({ operator: 'Softmax', operands: [image], attributes: { axis: { text: 'x' } } }).model,
      /'axis' must be of type integer/,
    ],
    [
      'a tensor with the wrong number of elements',
      {
        ...chain('Relu'),
        initializers: { w: float([5], [1, 2]) },
        nodes: [{ operator: 'Add', inputs: ['v0', 'w'], outputs: ['v1'] }],
      },
      /'w'.*8 bytes/,
    ],
    [
      'a scale of zero',
      {
        ...chain('Relu'),
        initializers: { s: float([], [0]), z: uint8([], [0]) },
        nodes: [{ operator: 'QuantizeLinear', inputs: ['v0', 's', 'z'], outputs: ['v1'] }],
      },
      /scale is 0/,
    ],
    [
      'constants without end',
      {
        ...chain('Relu'),
        initializers: { n: int64([2 ** 20, 2 ** 8]) },
        nodes: [{ operator: 'ConstantOfShape', inputs: ['n'], outputs: ['v1'] }],
      },
      /memory/,
    ],
    [
      'division by zero',
      {
        ...chain('Relu'),
        initializers: { a: int64([1]), b: int64([0]) },
        nodes: [{ operator: 'Div', inputs: ['a', 'b'], outputs: ['v1'] }],
      },
      /by zero/,
    ],
  ];
  test.each(invalid)('%s is an invalid model', (_what, model, message) => {
    const error = refused(model);
    expect(error.code).toBe('invalid-model');
    expect(error.message).toMatch(message);
  });

  test('numbers kept in another file', () => {
    const model = encodeOnnx({
      ...chain('Relu'),
      initializers: { far: float([1], [1]) },
      nodes: [{ operator: 'Add', inputs: ['v0', 'far'], outputs: ['v1'] }],
    });
    // data_location (field 14) of the only tensor, in place of its raw data of 4 bytes (field 9).
    const raw = model.findIndex((byte, i) => byte === 0x4a && model[i + 1] === 4);
    model.set([0x70, 1, 0x70, 1, 0x70, 1], raw);
    const error = refused(model);
    expect(error.code).toBe('unsupported');
    expect(error.message).toMatch(/far \(initializer\): keeps its numbers in another file/);
  });
});

describe('damaged files', () => {
  const file = encodeOnnx({ ...chain('Relu', 'Sigmoid'), initializers: {} });

  test('an empty one, text, and another format are refused', () => {
    for (const bytes of [
      new Uint8Array(0),
      new TextEncoder().encode('<!doctype html>'),
      Uint8Array.of(0x50, 0x4b, 3, 4),
    ]) {
      expect(refused(bytes).code).toBe('invalid-model');
    }
  });

  test('a .spikelet file is refused with what to do instead', () => {
    const error = refused(pack(colourClassifier()));
    expect(error.code).toBe('invalid-model');
    expect(error.message).toBe(
      "bytes: is a .spikelet file, which needs no import: use load, or unpack of 'spikelet/format'",
    );
  });

  test('every truncation is refused with a byte offset, or is a whole model by chance', () => {
    for (let length = 0; length < file.length; length++) {
      try {
        fromOnnx(file.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(SpikeletError);
      }
    }
  });
});
