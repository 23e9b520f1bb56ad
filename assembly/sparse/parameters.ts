import { IntegerConvolutionParameters } from '../dense/parameters';

/** Parameter block of u8_stage_planes. */
@unmanaged
export class PlanesParameters {
  input: usize; // pixels of `channels` bytes
  output: usize;
  offsets: usize; // i32 for each position, rounded up to 8: bytes from `input` to its pixel, negative in the border
  border: usize; // 16 bytes of what the border holds
  positions: i32; // elements of a plane
  channels: i32;
  pitch: i32; // bytes between planes: at least the positions rounded up to 8, times `group`
  group: i32; // channels of a plane, 1 or 4: bytes of an element
  flip: i32; // 1 to flip the sign bits
}

/** Parameter block of the sparse convolutions. The zero point of the input is folded into `bias`. */
@unmanaged
export class SparseParameters {
  input: usize; // planes as u8_stage_planes writes them
  output: usize; // one plane of bytes for each output channel
  starts: usize; // i32[outChannels + 1]: the first word of weights of each channel, then their number
  rows: usize; // u16 for each row: elements from the row before it, from the first plane for a channel's first
  weights: usize; // words of 4 i8
  bias: usize; // i32 for each output channel
  multiplier: usize; // f32 for each output channel
  pixels: i32; // elements to compute in an output plane, a multiple of 16
  pixelBlock: i32; // of them, those of a work unit: a multiple of 16
  outChannels: i32;
  zeroPoint: i32;
  minimum: i32;
  maximum: i32;
}

/**
 * Parameter block of the convolution that gathers its input. `segmentOffsets`, `segments` and `run` are not used, and
 * the input is not staged but for its border.
 */
@unmanaged
export class GatheredParameters extends IntegerConvolutionParameters {
  starts: usize; // i32[outChannels rounded up to 8, and 1]: the first word of each channel, a multiple of 4; their number
  offsets: usize; // u16 for each word: bytes from the start of a patch to the 4 elements that it multiplies
  flip: i32; // 1 to flip the sign bits of the input
}

/** Parameter block of u8_unstage_planes. */
@unmanaged
export class PixelsParameters {
  input: usize; // planes
  output: usize;
  rows: usize; // i32 for each row of pixels: its first element in a plane
  width: i32; // pixels of a row
  pixels: i32; // of all rows; the last one may be shorter
  channels: i32;
  pitch: i32; // bytes between planes
  residual: usize; // as the output, which must not overlap it; 0 for none
  ownMultiplier: f32;
  residualMultiplier: f32;
  ownZeroPoint: i32;
  residualZeroPoint: i32;
  sumZeroPoint: i32;
  sumMinimum: i32;
  sumMaximum: i32;
}
