import { blockChannels } from './weights.js';

/** How staged activations stand for u8 values: as they are (also widened), or with the sign bit flipped. */
export type ActivationForm = 'unsigned' | 'flipped';

/** Sum of each output channel's weights. */
export function weightSums(weights: Int8Array, outChannels: number): Int32Array {
  const row = weights.length / outChannels;
  return Int32Array.from({ length: outChannels }, (_, channel) => {
    let sum = 0;
    for (let k = channel * row; k < (channel + 1) * row; k++) sum += weights[k] ?? 0;
    return sum;
  });
}

/** What stands for zero among staged activations. */
export const stagedZeroPoint = (zeroPoint: number, form: ActivationForm): number =>
  form === 'flipped' ? zeroPoint - 128 : zeroPoint;

/**
 * Bias with the zero point of the staged activations folded in: kernels multiply what is staged, where the sum
 * should be over its difference from the zero point. Rounded up to whole blocks of channels.
 */
export function foldedBias(bias: Int32Array, sums: Int32Array, staged: number): Int32Array {
  const folded = new Int32Array(wholeBlocks(bias.length));
  for (let channel = 0; channel < bias.length; channel++) {
    folded[channel] = (bias[channel] ?? 0) - Math.imul(staged, sums[channel] ?? 0);
  }
  return folded;
}

/** A per-channel constant rounded up to whole blocks of channels with zeros. */
export function paddedChannels<T extends Float32Array | Int32Array>(values: T): T {
  const bytes = new Uint8Array(4 * wholeBlocks(values.length));
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return new (values.constructor as new (buffer: ArrayBuffer) => T)(bytes.buffer);
}

function wholeBlocks(channels: number): number {
  return Math.ceil(channels / blockChannels) * blockChannels;
}
