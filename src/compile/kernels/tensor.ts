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

const span = 'ceil(elements / 1024): 1024 adjacent elements of the output';
const outputRow = 'images * outHeight: one row of output pixels';
const columnGroup = 'outer * ceil(inner / 4): four adjacent columns, or one row where inner = 1';

function row(name: string, summary: string, list: readonly KernelField[], units: string): KernelRow {
  return { name, family: 'tensor', summary, fields: list, units };
}

function unary(name: string, summary: string): KernelRow {
  return row(name, summary, unaryFields, span);
}

function binaryRow(name: string, summary: string): KernelRow {
  return row(name, summary, floatBinaryFields, span);
}

const pooling: readonly KernelRow[] = [
  row('u8_max_pool', 'maximum over a window, channels-last', maxPoolFields, outputRow),
  row('f32_max_pool', 'maximum over a window, channels-last', maxPoolFields, outputRow),
  row(
    'u8_average_pool',
    'requantized mean over a window, channels-last',
    integerAveragePoolFields,
    outputRow,
  ),
  row('f32_average_pool', 'mean over a window, channels-last', floatAveragePoolFields, outputRow),
];

const elementwise: readonly KernelRow[] = [
  binaryRow('f32_add', 'clamp(a + b), broadcast by strides'),
  binaryRow('f32_sub', 'clamp(a - b), broadcast by strides'),
  binaryRow('f32_mul', 'clamp(a * b), broadcast by strides'),
  binaryRow('f32_div', 'clamp(a / b), broadcast by strides'),
  binaryRow('f32_min', 'clamp(min(a, b)), NaN if either is, broadcast by strides'),
  binaryRow('f32_max', 'clamp(max(a, b)), NaN if either is, broadcast by strides'),
  binaryRow('f32_pow', 'clamp(a ** b), broadcast by strides'),
  binaryRow('f32_prelu', 'clamp(a < 0 ? a * b : a), broadcast by strides'),
  row('u8_add', 'requantized sum, broadcast by strides', integerBinaryFields, span),
  row('u8_sub', 'requantized difference, broadcast by strides', integerBinaryFields, span),
  row(
    'u8_mul',
    'requantized product (bMultiplier is not read), broadcast by strides',
    integerBinaryFields,
    span,
  ),
];

const functions: readonly KernelRow[] = [
  unary('f32_clip', 'min(max(x, alpha), beta); NaN stays'),
  unary('f32_leaky_relu', 'x < 0 ? alpha * x : x'),
  unary('f32_elu', 'x < 0 ? alpha * (exp(x) - 1) : x'),
  unary('f32_hard_sigmoid', 'clamp(alpha * x + beta, 0, 1)'),
  unary('f32_hard_swish', 'x * clamp(x / 6 + 0.5, 0, 1)'),
  unary('f32_sigmoid', '1 / (1 + exp(-x))'),
  unary('f32_silu', 'x / (1 + exp(-alpha * x))'),
  unary('f32_tanh', 'tanh(x)'),
  unary('f32_erf', 'erf(x)'),
  unary('f32_gelu', 'x / 2 * (1 + erf(x / sqrt(2)))'),
  unary('f32_gelu_tanh', 'x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))'),
  unary('f32_softplus', 'log(1 + exp(x))'),
  unary('f32_exp', 'exp(x)'),
  unary('f32_log', 'log(x)'),
  unary('f32_sqrt', 'sqrt(x)'),
  unary('f32_reciprocal', '1 / x'),
  unary('f32_neg', '-x'),
  unary('f32_abs', '|x|'),
  unary('f32_floor', 'floor(x)'),
  unary('f32_ceil', 'ceil(x)'),
  unary('f32_round', 'nearest integer, half to even'),
  unary('f32_linear', 'alpha * x + beta'),
  unary('f32_to_i32', 'truncated toward zero, saturated, NaN to 0'),
  unary('i32_to_f32', 'nearest f32'),
];

const conversions: readonly KernelRow[] = [
  row('u8_lookup', 'table[x], table of 256 bytes', fields('input:p output:p elements table:p'), span),
  row(
    'u8_quantize',
    'f32 to u8; NaN becomes the zero point',
    fields('input:p output:p elements inverseScale:f zeroPoint'),
    span,
  ),
  row(
    'u8_quantize_planes',
    'f32 [images, channels, pixels] to u8 [images, pixels, channels]',
    fields('input:p output:p channels pixels inverseScale:f zeroPoint'),
    'images * ceil(pixels / 64): 64 pixels of one image',
  ),
  row(
    'u8_dequantize',
    'scale * (q - zeroPoint) as f32; scale 1 and zero point 0 cast',
    fields('input:p output:p elements scale:f zeroPoint'),
    span,
  ),
];

const normalisation: readonly KernelRow[] = [
  row(
    'f32_affine',
    'clamp(x * scale[c] + shift[c]), channels-last',
    fields('input:p output:p channels scale:p shift:p minimum:f maximum:f'),
    'rows: the channels of one pixel',
  ),
  row('f32_softmax', 'softmax over the middle of [outer, axis, inner]', softmaxFields, columnGroup),
  row('f32_log_softmax', 'log softmax over the middle of [outer, axis, inner]', softmaxFields, columnGroup),
  row('f32_reduce_sum', 'sum over the middle of [outer, reduce, inner]', reduceFields, columnGroup),
  row('f32_reduce_mean', 'mean over the middle of [outer, reduce, inner]', reduceFields, columnGroup),
  row('f32_reduce_max', 'maximum over the middle of [outer, reduce, inner]', reduceFields, columnGroup),
  row('f32_reduce_min', 'minimum over the middle of [outer, reduce, inner]', reduceFields, columnGroup),
  row(
    'f32_reduce_l2',
    'root of the sum of squares over the middle of [outer, reduce, inner]',
    reduceFields,
    columnGroup,
  ),
];

const matrixColumns = 'matrices * ceil(columns / 16): 16 rows of the output of one matrix';

const layout: readonly KernelRow[] = [
  row(
    'u8_transpose',
    'dense output from a strided input: permute, slice, reverse, expand',
    transposeFields,
    span,
  ),
  row('f32_transpose', 'the same for 4-byte elements', transposeFields, span),
  row(
    'u8_transpose_matrix',
    '[matrices, rows, columns] to [matrices, columns, rows]',
    matrixTransposeFields,
    matrixColumns,
  ),
  row('f32_transpose_matrix', 'the same for 4-byte elements', matrixTransposeFields, matrixColumns),
  row(
    'u8_copy_rows',
    'rows of bytes from one stride to another: concat, split, slice',
    fields('input:p output:p bytes inputStride outputStride'),
    'rows: one row of bytes',
  ),
  row(
    'u8_gather_rows',
    'rows of bytes picked by i32 indices at run time, negative from the end, clamped',
    fields('input:p indices:p output:p bytes limit count'),
    'outer * count: one output row',
  ),
  row(
    'u8_remap',
    'runs of bytes picked by tables of byte offsets: pad, nearest resize',
    fields('input:p output:p size1 size2 size3 bytes offsets0:p offsets1:p offsets2:p offsets3:p fill'),
    'size0 * size1 * size2: size3 runs of bytes',
  ),
  row(
    'u8_resize_bilinear',
    'four taps by tables, channels-last, rounded half to even',
    bilinearFields,
    outputRow,
  ),
  row('f32_resize_bilinear', 'four taps by tables, channels-last', bilinearFields, outputRow),
  row('u8_fill', 'a pattern of four bytes, repeated', fields('output:p elements pattern'), span),
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
  ...functions,
  ...conversions,
  ...normalisation,
  ...layout,
];
