import { blockChannels, type WeightShape } from './weights.js';

/**
 * Packs f32 weights [outChannels][segments][segmentLength] for f32_conv_6x8: blocks of 8 output channels, in a
 * block element by element, the 8 channels of an element side by side. Channels that do not exist are zero.
 */
export function packFloatWeights(weights: Float32Array, shape: WeightShape): Float32Array {
  const row = shape.segments * shape.segmentLength;
  const blocks = Math.ceil(shape.outChannels / blockChannels);
  const packed = new Float32Array(blocks * blockChannels * row);
  for (let channel = 0; channel < shape.outChannels; channel++) {
    let at = packedIndex(channel, row);
    for (let k = channel * row; k < (channel + 1) * row; k++, at += blockChannels)
      packed[at] = weights[k] ?? 0;
  }
  return packed;
}

/** The inverse of packFloatWeights. */
export function unpackFloatWeights(packed: Float32Array, shape: WeightShape): Float32Array {
  const row = shape.segments * shape.segmentLength;
  const weights = new Float32Array(shape.outChannels * row);
  for (let channel = 0; channel < shape.outChannels; channel++) {
    let at = packedIndex(channel, row);
    for (let k = channel * row; k < (channel + 1) * row; k++, at += blockChannels)
      weights[k] = packed[at] ?? 0;
  }
  return weights;
}

/** Where a channel's first weight lies. */
function packedIndex(channel: number, row: number): number {
  const lane = channel % blockChannels;
  return (channel - lane) * row + lane;
}
