import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';
import type { Constant } from '../../graph/tensor.js';

const channels = 8;
/** More than a tile and fewer than two. */
const outChannels = 9;
const side = 5;

/** A convolution with a border. */
const conv = (name: string, scale: number, zeroPoint: number): Node => ({
  ...{
    op: 'conv',
    name,
    inputs: ['x', 'weight', 'bias'],
    outputs: [name],
    quantization: { scale, zeroPoint },
  },
  attributes: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
});

/** Two convolutions of extreme and mixed values, of which the second adds the first as its residual. */
export function knownAnswerGraph(): Graph {
  const weights = Int8Array.from({ length: outChannels * channels * 9 }, (_, i) =>
    i % 7 === 0 ? -128 : (i * 37) & 255,
  );
  const scales = Float32Array.from({ length: outChannels }, (_, i) => 0.002 + 0.0005 * i);
  const weight: Constant = {
    ...{ dtype: 'i8', shape: [outChannels, channels, 3, 3], data: weights },
    quantization: { bits: 8, scales, axis: 0 },
  };
  const bias = Int32Array.from({ length: outChannels }, (_, i) => 1000 * i - 4000);
  const quantization = { scale: 0.25, zeroPoint: 11 };
  return {
    name: 'known answer',
    inputs: [{ name: 'x', type: { dtype: 'u8', shape: [1, channels, side, side], quantization } }],
    outputs: [{ name: 'y' }],
    constants: new Map<string, Constant>([
      ['weight', weight],
      ['bias', { dtype: 'i32', shape: [outChannels], data: bias }],
    ]),
    nodes: [
      conv('first', 2, 100),
      conv('second', 3, 150),
      {
        ...{ op: 'add', name: 'add', inputs: ['second', 'first'], outputs: ['y'], attributes: {} },
        quantization: { scale: 4, zeroPoint: 120 },
      },
    ],
  };
}

export const knownAnswerInput = (): Uint8Array =>
  Uint8Array.from({ length: channels * side * side }, (_, i) => (i % 5 === 0 ? 255 : i * 73));

/** FNV-1a hash of the output that the reference computes. */
export const knownAnswer = 3620349184;
