import { fields, type KernelField, type KernelRow } from './row.js';

const pool = `
  input:p output:p
  inHeight inWidth channels inputStride outHeight outWidth outputStride
  kernelHeight kernelWidth strideHeight strideWidth padTop padLeft dilationHeight dilationWidth
`;
const averagePool = `${pool} padBottom padRight countPadding`;
const binary = `
  a:p b:p output:p
  size0 size1 size2 size3 size4
  aStride0 aStride1 aStride2 aStride3 aStride4
  bStride0 bStride1 bStride2 bStride3 bStride4
`;

const maxPoolFields = fields(pool);
const floatAveragePoolFields = fields(averagePool);
const integerAveragePoolFields = fields(
  `${averagePool} multipliers:p inputZeroPoint zeroPoint minimum maximum`,
);
const floatBinaryFields = fields(`${binary} minimum:f maximum:f`);
const integerBinaryFields = fields(`
  ${binary} aZeroPoint bZeroPoint aMultiplier:f bMultiplier:f zeroPoint minimum maximum
`);
const unaryFields = fields('input:p output:p elements alpha:f beta:f');
const softmaxFields = fields('input:p output:p axis inner');
const reduceFields = fields('input:p output:p reduce inner');
const transposeFields = fields(`
  input:p output:p
  size0 size1 size2 size3 size4 size5
  stride0 stride1 stride2 stride3 stride4 stride5
`);
const matrixTransposeFields = fields('input:p output:p rows columns');
const bilinearFields = fields(`
  input:p output:p channels imageStride outHeight outWidth
  rows0:p rows1:p rowWeights:p columns0:p columns1:p columnWeights:p
`);
const remapFields = fields(`
  input:p output:p size1 size2 size3 bytes offsets0:p offsets1:p offsets2:p offsets3:p fill
`);

/** Rows of the kernels `<type>_<operation>`, operations separated by spaces. */
function rows(type: 'u8' | 'f32', operations: string, list: readonly KernelField[]): readonly KernelRow[] {
  return operations.split(' ').map((name) => ({ name: `${type}_${name}`, fields: list }));
}

const pooling: readonly KernelRow[] = [
  ...rows('u8', 'max_pool', maxPoolFields),
  ...rows('f32', 'max_pool', maxPoolFields),
  ...rows('f32', 'average_pool', floatAveragePoolFields),
  ...rows('u8', 'average_pool', integerAveragePoolFields),
];

const elementwise: readonly KernelRow[] = [
  ...rows('f32', 'add sub mul div min max pow', floatBinaryFields),
  ...rows('u8', 'add sub mul', integerBinaryFields),
  ...rows('f32', 'clip leaky_relu hard_sigmoid hard_swish log sqrt neg abs', unaryFields),
  ...rows('f32', 'exp sigmoid silu tanh erf gelu gelu_tanh', unaryFields),
  ...rows('u8', 'lookup', fields('input:p output:p elements table:p')),
  ...rows('f32', 'affine', fields('input:p output:p channels scale:p shift:p minimum:f maximum:f')),
];

const conversions: readonly KernelRow[] = [
  ...rows('u8', 'quantize', fields('input:p output:p elements inverseScale:f zeroPoint')),
  ...rows('u8', 'quantize_planes', fields('input:p output:p channels pixels inverseScale:f zeroPoint')),
  ...rows('u8', 'dequantize', fields('input:p output:p elements scale:f zeroPoint')),
];

const reductions: readonly KernelRow[] = [
  ...rows('f32', 'softmax log_softmax', softmaxFields),
  ...rows('f32', 'reduce_sum reduce_mean reduce_max reduce_min', reduceFields),
];

const layout: readonly KernelRow[] = [
  ...rows('u8', 'transpose', transposeFields),
  ...rows('f32', 'transpose', transposeFields),
  ...rows('u8', 'transpose_matrix', matrixTransposeFields),
  ...rows('f32', 'transpose_matrix', matrixTransposeFields),
  ...rows('u8', 'copy_rows', fields('input:p output:p bytes inputStride outputStride')),
  ...rows('u8', 'remap', remapFields),
  ...rows('f32', 'resize_bilinear', bilinearFields),
];

/**
 * Kernels of assembly/tensor: pooling, elementwise, normalisation, layout. Pointers are bytes; sizes and strides are
 * elements, except `bytes` and the strides and offsets of `u8_copy_rows` and `u8_remap`, which are bytes.
 *
 * Binary and unary kernels, `u8_lookup`, `f32_affine` and softmax may overwrite an operand that lies in memory exactly
 * as the output does; no other kernel may run in place.
 */
export const tensorKernels: readonly KernelRow[] = [
  ...pooling,
  ...elementwise,
  ...conversions,
  ...reductions,
  ...layout,
];
