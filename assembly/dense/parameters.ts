/** Parameter block of the integer convolutions. Strides count elements. */
@unmanaged
export class ConvolutionParameters {
  input: usize; // staged activations, or the value itself where it needs no staging
  weights: usize; // packed in blocks of 8 output channels
  bias: usize; // i32[outChannels rounded up to 8], the zero point of the input folded in
  multiplier: usize; // f32[outChannels rounded up to 8]
  output: usize;
  residual: usize; // u8 value to add, or 0
  segmentOffsets: usize; // i32[segments]: bytes from the start of a patch to each of its runs
  pixelOffsets: usize; // i32[pixels]: bytes from `input` to the patch of each output pixel
  segments: i32;
  run: i32; // elements of a segment, a multiple of the kernel's depth
  pixels: i32;
  pixelBlock: i32;
  outChannels: i32;
  outputStride: i32;
  residualStride: i32;
  zeroPoint: i32;
  minimum: i32;
  maximum: i32;
  ownMultiplier: f32; // this and the rest: used only with a residual
  residualMultiplier: f32;
  residualZeroPoint: i32;
  sumZeroPoint: i32;
  sumMinimum: i32;
  sumMaximum: i32;
}

/** Parameter block of the f32 convolution; fields as above, `bias` is f32. */
@unmanaged
export class FloatConvolutionParameters {
  input: usize;
  weights: usize;
  bias: usize;
  output: usize;
  residual: usize;
  segmentOffsets: usize;
  pixelOffsets: usize;
  segments: i32;
  run: i32;
  pixels: i32;
  pixelBlock: i32;
  outChannels: i32;
  outputStride: i32;
  residualStride: i32;
  minimum: f32;
  maximum: f32;
}

/** Parameter block of the staging kernels. Sizes count elements of the source. */
@unmanaged
export class StageParameters {
  input: usize;
  output: usize;
  images: i32;
  height: i32;
  width: i32;
  sourceStride: i32; // between pixels: all channels of the value, of which `channels` are copied
  channels: i32;
  stagedHeight: i32;
  stagedWidth: i32;
  stagedChannels: i32; // at least `channels`; the rest is filled
  top: i32; // border above and left of the image; below and right follow from the staged size
  left: i32;
  fill: i32; // value of the border before it is flipped: the zero point
  mode: i32; // 0 as it is, 1 with the sign bit flipped, 2 widened to i16
}
