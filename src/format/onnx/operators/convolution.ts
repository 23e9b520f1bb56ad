import type { Call, Convert } from '../call.js';
import { rejectOperator } from '../unsupported.js';
import { type GraphValue, type QuantizedTensor, type Value, valueShape } from '../values.js';
import { integerBias, integersOf, integerWeight, isPerOutput } from '../weights.js';
import { reshape } from './reshaping.js';
import { readWindow, type WindowAttributes } from './windows.js';

interface ConvAttributes extends WindowAttributes {
  readonly groups: number;
}

/** Entries of a list over length alone, as of one over rows, which are one, and columns. */
const alongRow = (list: readonly number[], ofRows: number): readonly number[] =>
  list.length === 1 ? [ofRows, ...list] : list;

/** [N, C, length] as images of one row, and weights alike. */
const asRow = (shape: readonly number[]): readonly number[] =>
  shape.length === 3 ? [...shape.slice(0, 2), 1, ...shape.slice(2)] : shape;

/** Attributes of Conv and QLinearConv. The kernel's size is that of the weight. */
export function readConvolution(call: Call, weightIndex: number): ConvAttributes {
  const [, , ...spatial] = call.shape(0);
  const [, , ...kernel] = call.shape(weightIndex);
  if (spatial.length < 1 || spatial.length > 3) {
    rejectOperator(`works on ${spatial.length} spatial dimensions, only 1 to 3 are supported`);
  }
  if (kernel.length !== spatial.length) call.reject('input and weight differ in their number of dimensions');
  const given = call.attributes.integers('kernel_shape');
  if (given && (given.length !== kernel.length || given.some((size, i) => size !== kernel[i]))) {
    call.reject(`kernel_shape [${given.join(', ')}] is not that of the weight, [${kernel.join(', ')}]`);
  }
  const { strides, pads, dilations } = readWindow(call, kernel);
  return {
    strides: alongRow(strides, 1),
    pads: kernel.length === 1 ? pads.flatMap((size) => [0, size]) : pads,
    dilations: alongRow(dilations, 1),
    groups: call.attributes.integer('group', 1),
  };
}

/** The input of a convolution: [N, C, length] becomes images of one row. */
export function imagesOf(call: Call, x: Value): Value {
  const shape = valueShape(x) ?? [];
  return shape.length === 3 ? reshape(call, x, asRow(shape), '.rows') : x;
}

/** The weight of a convolution, with one row where it had none. */
export const kernelsOf = (weight: QuantizedTensor): QuantizedTensor => ({
  ...weight,
  shape: asRow(weight.shape),
});

/** The output of a convolution as an input of this rank has it. */
export function outputOf(call: Call, rank: number, convolve: (suffix: string) => Value): Value {
  if (rank !== 3) return convolve('');
  const images = convolve('.images');
  const [batch = 1, channels = 1, , length = 1] = valueShape(images) ?? [];
  return reshape(call, images, [batch, channels, length]);
}

/** The integer convolution, where input and weight are quantized and the output is about to be. */
function integerConvolution(
  call: Call,
  input: Value,
  weight: Value,
  attributes: ConvAttributes,
  suffix: string,
): GraphValue | undefined {
  const x = integersOf(input);
  const type = call.ahead();
  if (!x?.type.quantization || !type || weight.kind !== 'weight' || !isPerOutput(weight.weight))
    return undefined;
  const w = integerWeight(call, weight.weight, call.node.inputs[1] || 'weight');
  const bias = call.optional(2);
  const b = bias && integerBias(call, bias, x.type.quantization.scale, w);
  if (bias && !b) return undefined;
  const operands = b ? [x.name, w.operand.name, b.name] : [x.name, w.operand.name];
  return call.draft.emit('conv', call.hint(suffix), operands, attributes, type);
}

function constantKernels(weight: Value): Value {
  switch (weight.kind) {
    case 'host': {
      const shape = asRow(weight.tensor.shape);
      return shape === weight.tensor.shape ? weight : { kind: 'host', tensor: { ...weight.tensor, shape } };
    }
    case 'weight':
      return weight.weight.shape.length === 3 ? { kind: 'weight', weight: kernelsOf(weight.weight) } : weight;
    default:
      return rejectOperator('its weight must be constant, it is computed when the model runs');
  }
}

const conv: Convert = (call) => {
  const attributes = readConvolution(call, 1);
  const weight = constantKernels(call.input(1));
  const x = imagesOf(call, call.input(0));
  const convolve = (suffix: string): Value => {
    const integers = integerConvolution(call, x, weight, attributes, suffix);
    if (integers) return { kind: 'real', integers };
    const bias = call.optional(2);
    const operands = [call.float(x, 0), call.float(weight, 1)];
    if (bias) operands.push(call.float(bias, 2));
    return call.emit('conv', operands, attributes, suffix);
  };
  return [outputOf(call, call.shape(0).length, convolve)];
};

export const convolution: Readonly<Record<string, Convert>> = { Conv: conv };
