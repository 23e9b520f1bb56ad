import { integerConvolutionFields } from './dense.js';
import { fields, type KernelRow } from './row.js';

const sparseFields = fields(`
  input:p output:p starts:p rows:p weights:p bias:p multiplier:p
  pixels pixelBlock outChannels zeroPoint minimum maximum
`);

/** Kernels of assembly/sparse: convolution by the weights that are not zero, between planes of one or four channels or
 * from where its input lies. */
export const sparseKernels: readonly KernelRow[] = [
  {
    name: 'u8_stage_planes',
    fields: fields('input:p output:p offsets:p border:p positions channels pitch group flip'),
  },
  {
    name: 'u8i8_sparse_1x32',
    fields: sparseFields,
  },
  {
    name: 'u8i8_grouped_1x32',
    fields: sparseFields,
  },
  {
    name: 'u8_unstage_planes',
    fields: fields(`
      input:p output:p rows:p width pixels channels pitch residual:p ownMultiplier:f residualMultiplier:f
      ownZeroPoint residualZeroPoint sumZeroPoint sumMinimum sumMaximum
    `),
  },
  {
    name: 'u8i8_gathered_1x8',
    fields: [...integerConvolutionFields, ...fields('starts:p offsets:p flip')],
    tile: { rows: 1, columns: 8, depth: 4 },
  },
];

/** Work units of `u8_stage_planes`. */
export function stagePlanesUnits(positions: number, channels: number): number {
  return Math.ceil(positions / 64) * Math.ceil(channels / 16);
}

/** Work units of `u8i8_sparse_1x32` and `u8i8_grouped_1x32`. */
export function sparseUnits(pixels: number, pixelBlock: number, outChannels: number): number {
  return Math.ceil(pixels / pixelBlock) * Math.ceil(outChannels / 8);
}
