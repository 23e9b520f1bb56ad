import { addBias, addWeight, type Draft, rectified, scaleFor, type Value } from './draft.js';

export interface ConvolutionOptions {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly relu: boolean;
}

type Statistics = Pick<Value, 'mean' | 'power'>;

/** What a weighted layer puts out before its relu: the weights are drawn so that the power is one. */
const normalised: Statistics = { mean: 0, power: 1 };

const withQuantization = (draft: Draft, value: Value) =>
  draft.arithmetic === 'f32' ? {} : { quantization: value.quantization };

/** A value after its relu. In integers that is a zero point of 0; in f32 a node of its own. */
function finishWithRelu(
  draft: Draft,
  name: string,
  shape: readonly number[],
  before: Statistics,
  relu: boolean,
): { readonly own: Value; readonly result: Value } {
  const statistics = relu ? rectified(before) : before;
  const quantization = scaleFor(relu ? before : statistics, relu);
  const own: Value = { name, shape, ...statistics, quantization };
  if (!relu || draft.arithmetic !== 'f32') return { own, result: own };
  return { own, result: { ...own, name: `${name}.relu` } };
}

function addRelu(draft: Draft, own: Value, result: Value): void {
  if (own === result) return;
  draft.nodes.push({
    op: 'relu',
    name: result.name,
    inputs: [own.name],
    outputs: [result.name],
    attributes: {},
  });
}

export function image(draft: Draft): Value {
  const statistics = { mean: 0, power: 1 };
  const value: Value = {
    name: 'image',
    shape: [3, 32, 32],
    ...statistics,
    quantization: scaleFor(statistics, false),
  };
  if (draft.arithmetic === 'f32') return value;
  const quantized = { ...value, name: 'image.q' };
  draft.nodes.push({
    op: 'quantize',
    name: 'image.q',
    inputs: ['image'],
    outputs: ['image.q'],
    attributes: {},
    quantization: value.quantization,
  });
  return quantized;
}

export function convolution(draft: Draft, name: string, x: Value, options: ConvolutionOptions): Value {
  const { channels, kernel, stride = 1, relu } = options;
  const [inputChannels = 0, height = 0, width = 0] = x.shape;
  const weight = `${name}.weight`;
  const bias = `${name}.bias`;
  addWeight(draft, weight, [channels, inputChannels, kernel, kernel], x.power);
  addBias(draft, bias, weight, x);
  const shape = [channels, Math.ceil(height / stride), Math.ceil(width / stride)];
  const { own, result } = finishWithRelu(draft, name, shape, normalised, relu);
  const pad = (kernel - 1) / 2;
  draft.nodes.push({
    op: 'conv',
    name,
    inputs: [x.name, weight, bias],
    outputs: [name],
    attributes: { strides: [stride, stride], pads: [pad, pad, pad, pad], dilations: [1, 1], groups: 1 },
    ...withQuantization(draft, own),
  });
  addRelu(draft, own, result);
  return result;
}

/** relu(a + b). */
export function sum(draft: Draft, name: string, a: Value, b: Value): Value {
  const before = { mean: a.mean + b.mean, power: a.power + b.power + 2 * a.mean * b.mean };
  const { own, result } = finishWithRelu(draft, name, a.shape, before, true);
  draft.nodes.push({
    op: 'add',
    name,
    inputs: [a.name, b.name],
    outputs: [name],
    attributes: {},
    ...withQuantization(draft, own),
  });
  addRelu(draft, own, result);
  return result;
}

/** Maximum of two by two pixels of a value that is nowhere negative. */
export function halve(draft: Draft, name: string, x: Value): Value {
  const [channels = 0, height = 0, width = 0] = x.shape;
  draft.nodes.push({
    op: 'maxPool',
    name,
    inputs: [x.name],
    outputs: [name],
    attributes: { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], roundUp: false },
  });
  const shape = [channels, height / 2, width / 2];
  return { ...x, name, shape, mean: 2 * x.mean, power: 2.2 * x.power + x.mean * x.mean };
}

export function globalAverage(draft: Draft, name: string, x: Value): Value {
  const quantization = { scale: Math.fround(x.quantization.scale / 2), zeroPoint: 0 };
  const value: Value = { name, shape: [x.shape[0] ?? 0, 1, 1], mean: x.mean, power: x.power, quantization };
  draft.nodes.push({
    op: 'globalAveragePool',
    name,
    inputs: [x.name],
    outputs: [name],
    attributes: {},
    ...withQuantization(draft, value),
  });
  return value;
}

/** Flattens and scores the classes; the output is f32 in every arithmetic. */
export function classify(draft: Draft, x: Value, classes: number): Value {
  const features = x.shape.reduce((n, d) => n * d, 1);
  const flat: Value = { ...x, name: 'flat', shape: [features] };
  draft.nodes.push({
    op: 'reshape',
    name: 'flat',
    inputs: [x.name],
    outputs: ['flat'],
    attributes: { shape: [1, features] },
  });
  addWeight(draft, 'linear.weight', [classes, features], x.power);
  addBias(draft, 'linear.bias', 'linear.weight', flat);
  const { own } = finishWithRelu(draft, 'linear', [classes], normalised, false);
  draft.nodes.push({
    op: 'linear',
    name: 'linear',
    inputs: ['flat', 'linear.weight', 'linear.bias'],
    outputs: ['linear'],
    attributes: {},
    ...withQuantization(draft, own),
  });
  if (draft.arithmetic === 'f32') return own;
  draft.nodes.push({
    op: 'dequantize',
    name: 'scores',
    inputs: ['linear'],
    outputs: ['scores'],
    attributes: {},
  });
  return { ...own, name: 'scores' };
}
