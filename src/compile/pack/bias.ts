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

/**
 * Bias with the zero point of the activations folded in: kernels multiply what is staged, which is x or x - 128,
 * where the sum should be over x - zeroPoint. Rounded up to whole blocks of channels.
 */
export function foldedBias(
  bias: Int32Array,
  sums: Int32Array,
  zeroPoint: number,
  form: ActivationForm,
): Int32Array {
  const staged = form === 'flipped' ? zeroPoint - 128 : zeroPoint;
  const folded = new Int32Array(wholeBlocks(bias.length));
  for (let channel = 0; channel < bias.length; channel++) {
    folded[channel] = (bias[channel] ?? 0) - Math.imul(staged, sums[channel] ?? 0);
  }
  return folded;
}

/** A per-channel constant rounded up to whole blocks of channels with zeros. */
export function paddedChannels(values: Float32Array): Float32Array {
  const result = new Float32Array(wholeBlocks(values.length));
  result.set(values);
  return result;
}

function wholeBlocks(channels: number): number {
  return Math.ceil(channels / blockChannels) * blockChannels;
}
