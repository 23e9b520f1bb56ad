/** Leading fields of the convolutions. Strides count elements. */
@unmanaged
export class ConvolutionParameters {
  input: usize; // staged activations, or the value itself where it needs no staging
  weights: usize; // packed in blocks of 8 output channels
  bias: usize; // i32 or f32 for each output channel, rounded up to 8
  output: usize;
  residual: usize; // value to add, or 0
  segmentOffsets: usize; // i32[segments]: bytes from the start of a patch to each of its runs
  pixelOffsets: usize; // i32[pixels]: bytes from `input` to the patch of each output pixel
  segments: i32;
  run: i32; // elements of a segment, a multiple of the kernel's depth
  pixels: i32; // output pixels of all images
  pixelBlock: i32; // pixels of a work unit
  outChannels: i32;
  outputStride: i32; // between output pixels: all channels of the value that the output is a part of
  residualStride: i32;
}

/** Parameter block of the integer convolutions. The zero point of the input is folded into `bias`. */
@unmanaged
export class IntegerConvolutionParameters extends ConvolutionParameters {
  multiplier: usize; // f32 for each output channel, rounded up to 8
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

/** Parameter block of the f32 convolutions. */
@unmanaged
export class FloatConvolutionParameters extends ConvolutionParameters {
  minimum: f32;
  maximum: f32;
}

/** Parameter block of the integer convolutions into f32. */
@unmanaged
export class RealConvolutionParameters extends FloatConvolutionParameters {
  multiplier: usize; // f32 for each output channel, rounded up to 8
}

/** Where the patch of an output pixel starts. */
@inline
export function patch(p: ConvolutionParameters, pixel: i32): usize {
  return p.input + load<u32>(p.pixelOffsets + (<usize>pixel << 2));
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

/** Parameter block of the kernel that packs weights. Sizes count elements. */
@unmanaged
export class PackParameters {
  source: usize; // i8[outChannels][channels][window]
  weights: usize;
  bias: usize; // i32[outChannels]
  scratch: usize; // 8 rows of segments * run bytes
  outChannels: i32;
  channels: i32;
  window: i32; // positions of the kernel's window, a multiple of `segments`
  segments: i32;
  run: i32; // elements of a segment, a multiple of the convolution kernel's depth
  bits: i32; // 8, 4 or 2: bits of a packed weight
  zeroPoint: i32; // of the staged input
}
