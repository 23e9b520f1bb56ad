import { blockChannels, roundUp } from './weights.js';

/** f32 weights of one convolution as the graph has them: [outChannels][channels][window]. */
export interface FloatWeightShape {
  readonly outChannels: number;
  readonly channels: number;
  /** Positions of the window. */
  readonly window: number;
}

/** Elements that packFloatWeights writes. */
export const packedFloats = ({ outChannels, channels, window }: FloatWeightShape): number =>
  roundUp(outChannels, blockChannels) * channels * window;

/**
 * Packs f32 weights for f32_conv_6x8 into `packed`, which is zero: blocks of 8 output channels, in a block position
 * by position and channel by channel, the 8 output channels of an element side by side.
 */
export function packFloatWeights(weights: Float32Array, shape: FloatWeightShape, packed: Float32Array): void {
  const { channels, window } = shape;
  const row = channels * window;
  for (let out = 0; out < shape.outChannels; out++) {
    let to = packedFloatIndex(out, row);
    for (let position = 0; position < window; position++) {
      const end = (out + 1) * row;
      for (let from = out * row + position; from < end; from += window, to += blockChannels) {
        packed[to] = weights[from] as number;
      }
    }
  }
}

/** Where an output channel's first weight lies, in rows of `row` weights. */
export function packedFloatIndex(out: number, row: number): number {
  const lane = out % blockChannels;
  return (out - lane) * row + lane;
}
