import type { OperationName } from './table.js';

/**
 * What an operation does with `u8` values: `computes` integers into the node's own quantization, applies a `table` of
 * 256 entries, `moves` bytes under one quantization, `converts` from or to real numbers, turns real numbers into
 * `spikes`, or `none`: f32 only.
 */
export type IntegerForm = 'computes' | 'table' | 'moves' | 'converts' | 'spikes' | 'none';

export interface OperationDescription {
  readonly integer: IntegerForm;
  /** One line for the table of operations. */
  readonly summary: string;
}

/** What the documentation and the quantizer know of every operation, and the runtime does without. */
export const descriptions: Readonly<Record<OperationName, OperationDescription>> = {
  abs: { integer: 'table', summary: 'absolute value' },
  add: { integer: 'computes', summary: 'a + b with broadcasting' },
  attention: {
    integer: 'computes',
    summary: "multi-head attention: softmax(scale * q k' + mask) v for each head",
  },
  averagePool: { integer: 'computes', summary: 'mean of each window' },
  batchNorm: { integer: 'none', summary: 'batch normalization at inference' },
  clip: { integer: 'table', summary: 'min(max(x, minimum), maximum)' },
  concat: { integer: 'moves', summary: 'joins values along an axis' },
  conv: {
    integer: 'computes',
    summary: '2-D or 3-D convolution, grouped or depthwise, f32, integer or of spikes',
  },
  delay: { integer: 'moves', summary: 'a value over time, later by some steps' },
  dequantize: { integer: 'converts', summary: 'u8 to f32' },
  divide: { integer: 'none', summary: 'a / b with broadcasting' },
  erf: { integer: 'table', summary: 'error function' },
  exp: { integer: 'table', summary: 'e to the power of x' },
  gather: { integer: 'none', summary: 'rows of a table by their numbers' },
  gelu: { integer: 'table', summary: 'x times the normal distribution function, exact or by tanh' },
  globalAveragePool: { integer: 'computes', summary: 'mean of each channel' },
  hardSigmoid: { integer: 'table', summary: 'clip(alpha * x + beta, 0, 1)' },
  hardSwish: { integer: 'table', summary: 'x * clip(x / 6 + 1 / 2, 0, 1)' },
  integrate: { integer: 'none', summary: 'leaky integrators over time' },
  layerNorm: { integer: 'none', summary: 'normalization over the last axes' },
  leakyRelu: { integer: 'table', summary: 'x where positive, slope * x elsewhere' },
  lif: { integer: 'spikes', summary: 'leaky integrate-and-fire neurons over time' },
  linear: { integer: 'computes', summary: 'fully connected layer: x times transposed weight, plus bias' },
  log: { integer: 'table', summary: 'natural logarithm' },
  logSoftmax: { integer: 'none', summary: 'x - log(sum(exp(x))) along an axis' },
  matmul: { integer: 'none', summary: 'matrix product with broadcast batches' },
  maxPool: { integer: 'moves', summary: 'greatest element of each window' },
  maximum: { integer: 'none', summary: 'the greater of a and b with broadcasting' },
  minimum: { integer: 'none', summary: 'the lesser of a and b with broadcasting' },
  multiply: { integer: 'computes', summary: 'a * b with broadcasting' },
  negate: { integer: 'table', summary: '-x' },
  pad: { integer: 'moves', summary: 'adds a constant, the edge or a mirror image around a value' },
  power: { integer: 'none', summary: 'a to the power of b with broadcasting' },
  quantize: { integer: 'converts', summary: 'f32 to u8' },
  reduceMax: { integer: 'none', summary: 'greatest element along axes' },
  reduceMean: { integer: 'none', summary: 'mean along axes' },
  reduceMin: { integer: 'none', summary: 'least element along axes' },
  reduceSum: { integer: 'none', summary: 'sum along axes' },
  relu: { integer: 'table', summary: 'max(x, 0)' },
  requantize: { integer: 'table', summary: 'u8 to u8 of another quantization' },
  reshape: { integer: 'moves', summary: 'the same elements under another shape' },
  resize: { integer: 'moves', summary: 'resizes height and width, nearest or linear (f32 only)' },
  sigmoid: { integer: 'table', summary: '1 / (1 + exp(-x))' },
  silu: { integer: 'table', summary: 'x * sigmoid(x)' },
  slice: { integer: 'moves', summary: 'a range of each axis' },
  softmax: { integer: 'none', summary: 'exp(x) / sum(exp(x)) along an axis' },
  sqrt: { integer: 'table', summary: 'square root' },
  subtract: { integer: 'computes', summary: 'a - b with broadcasting' },
  sumPool: { integer: 'computes', summary: 'sum of each window' },
  tanh: { integer: 'table', summary: 'hyperbolic tangent' },
  threshold: { integer: 'spikes', summary: 'a spike where the input is above a threshold' },
  transpose: { integer: 'moves', summary: 'reorders dimensions' },
};
