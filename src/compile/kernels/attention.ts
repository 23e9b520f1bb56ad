import { fields, type KernelRow } from './row.js';

const packFields = 'key:p value:p packedKeys:p packedValues:p heads keys depth valueDepth';

const attentionFields = `
  query:p packedKeys:p packedValues:p mask:p output:p scratch:p scratchBytes
  heads queries keys depth valueDepth queryBlock rows keyBlock maskBatch maskHead maskQuery scale:f
`;

const layerNormFields = 'input:p output:p scale:p bias:p count epsilon:f';

/** Kernels of assembly/attention: what transformers need beside products of matrices. */
export const attentionKernels: readonly KernelRow[] = [
  { name: 'f32_attention', fields: fields(attentionFields), tile: { rows: 6, columns: 8, depth: 1 } },
  {
    name: 'u8_attention',
    fields: fields(`${attentionFields} keyBias:p valueBias:p multiplier:f zeroPoint mode`),
    tile: { rows: 6, columns: 8, depth: 4 },
  },
  { name: 'f32_pack_attention', fields: fields(packFields) },
  {
    name: 'u8_pack_attention',
    fields: fields(`${packFields} keyBias:p valueBias:p queryZeroPoint weightZeroPoint`),
  },
  { name: 'f32_layer_norm', fields: fields(layerNormFields) },
  { name: 'u8_layer_norm', fields: fields(`${layerNormFields} inverseScale:f zeroPoint`) },
  { name: 'f32_gather', fields: fields('table:p indices:p output:p rows count') },
];

const roundUp = (count: number, multiple: number): number => Math.ceil(count / multiple) * multiple;

/** How attention is cut into work units and these into what is computed at once. */
export interface AttentionBlocks {
  readonly queryBlock: number;
  readonly rows: number;
  readonly keyBlock: number;
  readonly units: number;
  readonly scratchBytes: number;
}

/** Keys whose f32 scores are there at a time. */
const mostKeys = 256;

/** Units that are enough to share out among threads. */
const enoughUnits = 12;

/**
 * Blocks of attention of so many images and heads.
 *
 * @param stagedBytes Bytes of a staged u8 element; 0 for f32.
 */
export function attentionBlocks(
  groups: number,
  { queries, keys, depth, valueDepth }: Readonly<Record<'queries' | 'keys' | 'depth' | 'valueDepth', number>>,
  stagedBytes: number,
): AttentionBlocks {
  const blocks = Math.ceil(enoughUnits / groups);
  const queryBlock = roundUp(Math.ceil(queries / blocks), 6);
  const fit = stagedBytes > 0 && keys > 1024 ? 6 : 24;
  const rows = Math.min(fit, queryBlock);
  const keyBlock = stagedBytes > 0 ? keys : Math.min(keys, mostKeys);
  const features = roundUp(valueDepth, 8);
  const tables = 256 + 4 * (roundUp(keyBlock, 8) + 2 * features + 8) + 24 * rows + 64;
  const scores = rows * roundUp(keyBlock, 16) * (4 + stagedBytes);
  const rest = rows * (roundUp(depth, 4) * (stagedBytes || 4) + features * 4);
  const units = groups * Math.ceil(queries / queryBlock);
  return { queryBlock, rows, keyBlock, units, scratchBytes: roundUp(tables + scores + rest + 64, 16) };
}
