import { fields, type KernelRow } from './row.js';

const convolutionFields = fields(`
  input:p weights:p bias:p multiplier:p output:p residual:p segmentOffsets:p pixelOffsets:p
  segments run pixels pixelBlock outChannels outputStride residualStride
  zeroPoint minimum maximum
  ownMultiplier:f residualMultiplier:f residualZeroPoint sumZeroPoint sumMinimum sumMaximum
`);

const floatConvolutionFields = fields(`
  input:p weights:p bias:p output:p residual:p segmentOffsets:p pixelOffsets:p
  segments run pixels pixelBlock outChannels outputStride residualStride
  minimum:f maximum:f
`);

const winogradFields = fields(`
  input:p weights:p bias:p output:p residual:p scratch:p scratchBytes
  channels outChannels stagedHeight stagedWidth tilesX tilesY tiles tileBlock
  outHeight outWidth outputStride residualStride minimum:f maximum:f
`);

const stageFields = fields(`
  input:p output:p images height width sourceStride channels
  stagedHeight stagedWidth stagedChannels top left fill mode
`);

const im2colFields = fields(`
  input:p output:p images height width sourceStride channels
  kernelHeight kernelWidth strideY strideX dilationY dilationX top left
  outHeight outWidth rowLength fill mode
`);

const convolutionUnits = 'pixelBlocks * channelBlocks: pixelBlock pixels for one block of 8 output channels';

function integerConvolution(bits: 8 | 4 | 2): KernelRow {
  return {
    name: `u8i${bits}_conv_6x8`,
    family: 'dense',
    summary: `convolution, matrix product: u8 activations, ${bits}-bit weights, requantized u8 output`,
    fields: convolutionFields,
    tile: { rows: 6, columns: 8, depth: bits === 2 ? 8 : 4 },
    units: convolutionUnits,
  };
}

/** Kernels of assembly/dense: convolution, matrix product, and the staging of their input. */
export const denseKernels: readonly KernelRow[] = [
  integerConvolution(8),
  integerConvolution(4),
  integerConvolution(2),
  {
    name: 'f32_conv_6x8',
    family: 'dense',
    summary: 'convolution, matrix product: f32 activations and weights',
    fields: floatConvolutionFields,
    tile: { rows: 6, columns: 8, depth: 1 },
    units: convolutionUnits,
  },
  {
    name: 'f32_winograd_3x3',
    family: 'dense',
    summary: '3x3 convolution of stride 1 by Winograd F(2x2, 3x3), f32',
    fields: winogradFields,
    tile: { rows: 6, columns: 8, depth: 1 },
    units: 'blocks of tiles of 2x2 outputs: ceil(tiles / tileBlock)',
  },
  {
    name: 'u8_depthwise',
    family: 'dense',
    summary: 'depthwise convolution: u8 activations, 8-bit weights, requantized u8 output',
    fields: convolutionFields,
    tile: { rows: 1, columns: 8, depth: 4 },
    units: convolutionUnits,
  },
  {
    name: 'f32_depthwise',
    family: 'dense',
    summary: 'depthwise convolution: f32 activations and weights',
    fields: floatConvolutionFields,
    tile: { rows: 1, columns: 8, depth: 1 },
    units: convolutionUnits,
  },
  {
    name: 'u8_stage',
    family: 'dense',
    summary: 'copies a u8 value into scratch with a border, as u8, u8 ^ 0x80 or i16',
    fields: stageFields,
    units: 'images * stagedHeight: one staged row',
  },
  {
    name: 'f32_stage',
    family: 'dense',
    summary: 'copies an f32 value into scratch with a border of zeros',
    fields: stageFields,
    units: 'images * stagedHeight: one staged row',
  },
  {
    name: 'u8_im2col',
    family: 'dense',
    summary: 'lays the patch of each output pixel out as one row, as u8, u8 ^ 0x80 or i16',
    fields: im2colFields,
    units: 'images * outHeight: one row of output pixels',
  },
];

/** How a kernel reads staged activations: as they are, with the sign bit flipped, or widened. */
export const stageMode = { unsigned: 0, flipped: 1, widened: 2 } as const;

/** Pixels that a work unit takes: whole tiles, about `target` pixels, so that threads share a call evenly. */
export function pixelBlockFor(pixels: number, target = 192): number {
  const blocks = Math.max(1, Math.round(pixels / target));
  return Math.ceil(pixels / blocks / 6) * 6;
}

/** Work units of a convolution: blocks of pixels times blocks of 8 output channels. */
export function convolutionUnitCount(pixels: number, pixelBlock: number, outChannels: number): number {
  return Math.ceil(pixels / pixelBlock) * Math.ceil(outChannels / 8);
}
