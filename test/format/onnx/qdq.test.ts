import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Case, Source } from './cases.js';
import { float, int32, int64, type NodeSpec } from './onnx-writer.js';
import { expectSameAsOnnxruntime } from './onnxruntime.js';
import { integerOperations, oneStep, QuantizedModel, quantizedType } from './quantized-cases.js';

interface Quantization {
  /** The operation that must have become an integer one. */
  readonly op: string;
  readonly make: (source: Source) => Case;
}

/** One operand through 8 bits, an operator, its result through 8 bits. */
function one(
  shape: readonly number[],
  operator: string,
  attributes: NodeSpec['attributes'] = {},
  { sameScale = false, scale = 0.03 }: { sameScale?: boolean; scale?: number } = {},
): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const own = quantizedType(source, source.real(0.01, 0.03));
    const out = sameScale ? own : quantizedType(source, source.real(scale / 2, scale));
    const result = model.node(operator, [model.quantized('x', own)], attributes);
    return oneStep(model, { x: source.f32(shape, -2, 2) }, model.quantized(result, out), out);
  };
}

function two(operator: string, constant: boolean): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [a, b, out] = [quantizedType(source), quantizedType(source), quantizedType(source, 0.03)];
    const y = constant
      ? model.weight(source, [3, 1, 1], 'tensor', source.integer(0, 1) === 1)
      : model.quantized('y', b);
    const result = model.node(operator, [model.quantized('x', a), y]);
    const inputs = {
      x: source.f32([1, 3, 2, 4], -2, 2),
      ...(!constant && { y: source.f32([3, 2, 1], -2, 2) }),
    };
    return oneStep(model, inputs, model.quantized(result, out), out);
  };
}

function conv(
  bias: 'none' | 'float' | 'int32',
  activation: '' | 'Relu' | 'Clip',
  {
    unsigned = false,
    perTensor = false,
    size = [5, 4],
  }: { unsigned?: boolean; perTensor?: boolean; size?: readonly number[] } = {},
): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [own, out] = [quantizedType(source), quantizedType(source, 0.04)];
    const groups = source.pick(1, 2);
    const channels = 2 * groups;
    const weight = model.weight(
      source,
      [channels, 2, ...size.map(() => 3)],
      perTensor ? 'tensor' : 0,
      unsigned,
    );
    const inputs = [model.quantized('x', own), weight];
    if (bias === 'float') inputs.push(model.constant(float([channels], source.reals(channels))));
    if (bias === 'int32') {
      const scale = float([], [own.scale * 0.01]);
      const integers = int32([channels], source.integers(channels, -3000, 3000));
      inputs.push(model.node('DequantizeLinear', [model.constant(integers), model.constant(scale)]));
    }
    const pads = [...size.map((_, axis) => (axis === 1 ? 0 : 1)), ...size.map(() => 1)];
    const product = model.node('Conv', inputs, { group: { int: groups }, pads: { ints: pads } });
    const bounds =
      activation === 'Clip' ? [model.constant(float([], [-1])), model.constant(float([], [2]))] : [];
    const result = activation ? model.node(activation, [product, ...bounds]) : product;
    return oneStep(
      model,
      { x: source.f32([1, 2 * groups, ...size], -2, 2) },
      model.quantized(result, out),
      out,
    );
  };
}

function gemm(transB: number): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [own, out] = [quantizedType(source), quantizedType(source, 0.05)];
    const weight = model.weight(source, transB ? [4, 9] : [9, 4], transB ? 0 : 1);
    const bias = model.constant(float([4], source.reals(4)));
    const result = model.node('Gemm', [model.quantized('x', own), weight, bias], { transB: { int: transB } });
    return oneStep(model, { x: source.f32([2, 9], -2, 2) }, model.quantized(result, out), out);
  };
}

function matmul(transposed: boolean): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [own, out] = [quantizedType(source), quantizedType(source, 0.05)];
    const weight = transposed
      ? model.node('Transpose', [model.weight(source, [4, 9], 0)], { perm: { ints: [1, 0] } })
      : model.weight(source, [9, 4], source.pick<1 | 'tensor'>(1, 'tensor'));
    const result = model.node('MatMul', [model.quantized('x', own), weight]);
    return oneStep(model, { x: source.f32([2, 3, 9], -2, 2) }, model.quantized(result, out), out);
  };
}

/** Weights in f32 that pass through QuantizeLinear in the file, as fake quantization exports them. */
function fakeQuantized(source: Source): Case {
  const model = new QuantizedModel();
  const [own, out] = [quantizedType(source), quantizedType(source, 0.04)];
  const weight = model.constant(float([2, 2, 3, 3], source.reals(36, -0.5, 0.5)));
  const scales = model.constant(float([2], source.reals(2, 0.003, 0.006)));
  const zeros = model.constant({ type: 'int8', shape: [2], data: [0, 0] });
  const axis = { axis: { int: 0 } };
  const integers = model.node('QuantizeLinear', [weight, scales, zeros], axis);
  const real = model.node('DequantizeLinear', [integers, scales, zeros], axis);
  const result = model.node('Conv', [model.quantized('x', own), real]);
  return oneStep(model, { x: source.f32([1, 2, 5, 4], -2, 2) }, model.quantized(result, out), out);
}

function concat(sameScale: boolean): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [a, b, out] = [quantizedType(source), quantizedType(source), quantizedType(source, 0.02)];
    const joined = model.node('Concat', [model.quantized('x', a), model.quantized('y', sameScale ? a : b)], {
      axis: { int: 1 },
    });
    const inputs = { x: source.f32([1, 2, 3, 3], -2, 2), y: source.f32([1, 1, 3, 3], -2, 2) };
    return oneStep(model, inputs, model.quantized(joined, sameScale ? a : out), sameScale ? a : out);
  };
}

/** An operator with integer operands besides the first. */
function withConstants(
  operator: string,
  constants: readonly (readonly number[])[],
  attributes: NodeSpec['attributes'] = {},
) {
  return (source: Source): Case => {
    const model = new QuantizedModel();
    const own = quantizedType(source);
    const inputs = [model.quantized('x', own), ...constants.map((values) => model.constant(int64(values)))];
    const result = model.node(operator, inputs, attributes);
    return oneStep(model, { x: source.f32([1, 2, 4, 6], -2, 2) }, model.quantized(result, own), own);
  };
}

function resize(source: Source): Case {
  const model = new QuantizedModel();
  const own = quantizedType(source);
  const inputs = [model.quantized('x', own), '', model.constant(float([4], [1, 1, 2, 2]))];
  const attributes = { mode: { text: 'nearest' }, coordinate_transformation_mode: { text: 'asymmetric' } };
  const result = model.node('Resize', inputs, attributes);
  return oneStep(model, { x: source.f32([1, 2, 3, 3], -2, 2) }, model.quantized(result, own), own);
}

const image = [1, 3, 5, 6];
const kernel = { kernel_shape: { ints: [2, 3] }, strides: { ints: [2, 1] }, pads: { ints: [1, 1, 0, 1] } };
const moves = { sameScale: true };

const cases: Readonly<Record<string, Quantization>> = {
  'Conv without bias': { op: 'conv', make: conv('none', '') },
  'Conv with float bias': { op: 'conv', make: conv('float', '') },
  'Conv with int32 bias': { op: 'conv', make: conv('int32', '') },
  'Conv, Relu': { op: 'conv', make: conv('float', 'Relu') },
  'Conv, Clip': { op: 'conv', make: conv('float', 'Clip') },
  'Conv over a length': { op: 'conv', make: conv('int32', '', { size: [6] }) },
  'Conv over a length, Relu': { op: 'conv', make: conv('float', 'Relu', { size: [6] }) },
  'Conv over volumes': { op: 'conv', make: conv('float', 'Relu', { size: [5, 4, 3] }) },
  'Conv with uint8 weights': { op: 'conv', make: conv('none', '', { unsigned: true }) },
  'Conv with one weight scale': { op: 'conv', make: conv('float', '', { perTensor: true }) },
  'Conv with fake-quantized weights': { op: 'conv', make: fakeQuantized },
  Gemm: { op: 'linear', make: gemm(0) },
  'Gemm, transposed weight': { op: 'linear', make: gemm(1) },
  MatMul: { op: 'linear', make: matmul(false) },
  'MatMul of a transposed weight': { op: 'linear', make: matmul(true) },
  Add: { op: 'add', make: two('Add', false) },
  Sub: { op: 'subtract', make: two('Sub', false) },
  Mul: { op: 'multiply', make: two('Mul', false) },
  'Add of a constant': { op: 'add', make: two('Add', true) },
  'Mul of a constant': { op: 'multiply', make: two('Mul', true) },
  MaxPool: { op: 'maxPool', make: one(image, 'MaxPool', kernel, moves) },
  AveragePool: { op: 'averagePool', make: one(image, 'AveragePool', kernel) },
  'AveragePool, padding counted': {
    op: 'averagePool',
    make: one(image, 'AveragePool', { ...kernel, count_include_pad: { int: 1 } }),
  },
  GlobalAveragePool: { op: 'globalAveragePool', make: one(image, 'GlobalAveragePool') },
  GlobalMaxPool: { op: 'maxPool', make: one(image, 'GlobalMaxPool', {}, moves) },
  'ReduceMean of height and width': {
    op: 'globalAveragePool',
    make: one(image, 'ReduceMean', { axes: { ints: [2, 3] }, keepdims: { int: 0 } }),
  },
  Relu: { op: 'relu', make: one(image, 'Relu') },
  LeakyRelu: { op: 'leakyRelu', make: one(image, 'LeakyRelu', { alpha: { float: 0.1 } }) },
  Sigmoid: { op: 'sigmoid', make: one(image, 'Sigmoid', {}, { scale: 0.004 }) },
  Tanh: { op: 'tanh', make: one(image, 'Tanh', {}, { scale: 0.008 }) },
  Exp: { op: 'exp', make: one(image, 'Exp') },
  Abs: { op: 'abs', make: one(image, 'Abs') },
  Neg: { op: 'negate', make: one(image, 'Neg') },
  Erf: { op: 'erf', make: one(image, 'Erf') },
  HardSigmoid: { op: 'hardSigmoid', make: one(image, 'HardSigmoid') },
  Transpose: { op: 'transpose', make: one(image, 'Transpose', { perm: { ints: [0, 2, 3, 1] } }, moves) },
  Flatten: { op: 'reshape', make: one(image, 'Flatten', {}, moves) },
  Reshape: { op: 'reshape', make: withConstants('Reshape', [[2, -1]]) },
  Squeeze: { op: 'reshape', make: withConstants('Squeeze', [[0]]) },
  Unsqueeze: { op: 'reshape', make: withConstants('Unsqueeze', [[0]]) },
  Slice: { op: 'slice', make: withConstants('Slice', [[1], [5], [3], [2]]) },
  Split: { op: 'slice', make: withConstants('Gather', [[1, 2]], { axis: { int: 3 } }) },
  Pad: { op: 'pad', make: withConstants('Pad', [[0, 0, 1, 2, 0, 0, 0, 1]]) },
  'Resize to the nearest': { op: 'resize', make: resize },
  'Concat of one scale': { op: 'concat', make: concat(true) },
  'Concat of several scales': { op: 'concat', make: concat(false) },
  'QuantizeLinear after DequantizeLinear': {
    op: 'requantize',
    make: (source) => {
      const model = new QuantizedModel();
      const [a, b] = [quantizedType(source, 0.01), quantizedType(source, 0.02)];
      return oneStep(model, { x: source.f32([2, 3]) }, model.quantized(model.quantized('x', a), b), b);
    },
  },
};

describe('QDQ operators become integer ones within one step of onnxruntime', () => {
  test.each(Object.entries(cases))('%s', async (_name, { op, make }) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
        const { model, inputs, tolerance } = make(new Source(seed));
        const graph = await expectSameAsOnnxruntime(model, inputs, tolerance);
        expect(integerOperations(graph)).toContain(op);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });
});
