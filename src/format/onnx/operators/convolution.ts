import type { Call, Convert } from '../call.js';
import { rejectOperator } from '../unsupported.js';
import { type GraphValue, type Value, valueShape } from '../values.js';
import { integerBias, integersOf, integerWeight, isPerOutput } from '../weights.js';
import { readWindow, requireImage, type WindowAttributes } from './windows.js';

interface ConvAttributes extends WindowAttributes {
  readonly groups: number;
}

/** Attributes of Conv and QLinearConv. The kernel's size is that of the weight. */
export function readConvolution(call: Call, weightIndex: number): ConvAttributes {
  requireImage(call);
  const [, , ...kernel] = requireImage(call, weightIndex);
  const given = call.attributes.integers('kernel_shape');
  if (given && (given.length !== 2 || given.some((size, i) => size !== kernel[i]))) {
    call.reject(`kernel_shape [${given.join(', ')}] is not that of the weight, [${kernel.join(', ')}]`);
  }
  return { ...readWindow(call, kernel), groups: call.attributes.integer('group', 1) };
}

/** The integer convolution, where input and weight are quantized and the output is about to be. */
function integerConvolution(call: Call, attributes: ConvAttributes, weight: Value): GraphValue | undefined {
  const x = integersOf(call.input(0));
  const type = call.ahead();
  if (!x?.type.quantization || !type || weight.kind !== 'weight' || !isPerOutput(weight.weight))
    return undefined;
  const w = integerWeight(call, weight.weight, call.node.inputs[1] || 'weight');
  const bias = call.optional(2);
  const b = bias && integerBias(call, bias, x.type.quantization.scale, w);
  if (bias && !b) return undefined;
  const operands = b ? [x.name, w.operand.name, b.name] : [x.name, w.operand.name];
  return call.draft.emit('conv', call.hint(), operands, attributes, type);
}

const conv: Convert = (call) => {
  const attributes = readConvolution(call, 1);
  const weight = call.input(1);
  if (weight.kind !== 'host' && weight.kind !== 'weight') {
    rejectOperator('its weight must be constant, it is computed when the model runs');
  }
  if ((valueShape(weight)?.length ?? 0) !== 4) call.reject('the weight must have four dimensions');
  const integers = integerConvolution(call, attributes, weight);
  if (integers) return [{ kind: 'real', integers }];
  const bias = call.optional(2);
  const operands = [call.float(call.input(0), 0), call.float(weight, 1)];
  if (bias) operands.push(call.float(bias, 2));
  return [call.emit('conv', operands, attributes)];
};

export const convolution: Readonly<Record<string, Convert>> = { Conv: conv };
