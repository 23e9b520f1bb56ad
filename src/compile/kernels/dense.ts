import { fields, type KernelRow } from './row.js';

const convolutionFields = `
  input:p weights:p bias:p output:p residual:p segmentOffsets:p pixelOffsets:p
  segments run pixels pixelBlock outChannels outputStride residualStride
`;

export const integerConvolutionFields = fields(`
  ${convolutionFields} multiplier:p zeroPoint minimum maximum
  ownMultiplier:f residualMultiplier:f residualZeroPoint sumZeroPoint sumMinimum sumMaximum
`);

const floatConvolutionFields = fields(`${convolutionFields} minimum:f maximum:f`);

const winogradFields = fields(`
  input:p weights:p bias:p output:p residual:p scratch:p scratchBytes
  channels outChannels stagedHeight stagedWidth tilesX tilesY tiles tileBlock
  outHeight outWidth outputStride residualStride minimum:f maximum:f
`);

const stageFields = fields(`
  input:p output:p images height width sourceStride channels
  stagedHeight stagedWidth stagedChannels top left fill mode
`);

const packFields = fields(`
  source:p weights:p bias:p scratch:p outChannels channels window segments run bits zeroPoint
`);

function integerConvolution(bits: 8 | 4 | 2): KernelRow {
  return {
    name: `u8i${bits}_conv_6x8`,
    fields: integerConvolutionFields,
    tile: { rows: 6, columns: 8, depth: bits === 2 ? 8 : 4 },
  };
}

/** Kernels of assembly/dense: convolution, matrix product, and the staging of their input. */
export const denseKernels: readonly KernelRow[] = [
  integerConvolution(8),
  integerConvolution(4),
  integerConvolution(2),
  {
    name: 'f32_conv_6x8',
    fields: floatConvolutionFields,
    tile: { rows: 6, columns: 8, depth: 1 },
  },
  {
    name: 'f32_winograd_3x3',
    fields: winogradFields,
    tile: { rows: 6, columns: 8, depth: 1 },
  },
  {
    name: 'u8_depthwise',
    fields: integerConvolutionFields,
    tile: { rows: 1, columns: 8, depth: 4 },
  },
  {
    name: 'f32_depthwise',
    fields: floatConvolutionFields,
    tile: { rows: 1, columns: 8, depth: 1 },
  },
  {
    name: 'i8_pack_weights',
    fields: packFields,
  },
  {
    name: 'u8_stage',
    fields: stageFields,
  },
  {
    name: 'f32_stage',
    fields: stageFields,
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
