/** Parameter block of the kernels that bring keys and values into the order of weights. Sizes count elements. */
@unmanaged
export class PackAttentionParameters {
  key: usize; // [batch][keys][heads][depth]
  value: usize; // [batch][keys][heads][valueDepth]
  packedKeys: usize; // for each batch and head, blocks of 8 keys
  packedValues: usize; // for each batch and head, blocks of 8 features of the values
  heads: i32;
  keys: i32;
  depth: i32;
  valueDepth: i32;
}

/** Of u8 values: also what the zero points of queries and weights add to the sums. */
@unmanaged
export class PackIntegerAttentionParameters extends PackAttentionParameters {
  keyBias: usize; // i32 for each batch, head and key, keys rounded up to 8
  valueBias: usize; // i32 for each batch, head and feature, features rounded up to 8
  queryZeroPoint: i32; // as the queries are staged
  weightZeroPoint: i32; // as the weights of the values are staged
}

/** Parameter block of attention. Strides count elements. */
@unmanaged
export class AttentionParameters {
  query: usize; // [batch][queries][heads][depth]
  packedKeys: usize;
  packedValues: usize;
  mask: usize; // f32 to add to the scores, or 0
  output: usize; // [batch][queries][heads][valueDepth]
  scratch: usize; // scratchBytes for each unit
  scratchBytes: i32;
  heads: i32;
  queries: i32;
  keys: i32;
  depth: i32;
  valueDepth: i32;
  queryBlock: i32; // queries of a work unit
  rows: i32; // queries that are computed at once
  keyBlock: i32; // keys that are computed at once
  maskBatch: i32;
  maskHead: i32;
  maskQuery: i32;
  scale: f32; // of the scores
}

/** Of u8 values: `scale` is in powers of two. */
@unmanaged
export class IntegerAttentionParameters extends AttentionParameters {
  keyBias: usize;
  valueBias: usize;
  multiplier: f32; // scale of the values by that of the output
  zeroPoint: i32; // of the output
  mode: i32; // how dot products read queries and weights: that of StageParameters
}

/** Where the row of a mask for one query begins. */
@inline
export function maskRow(p: AttentionParameters, image: i32, head: i32, query: i32): usize {
  return p.mask + (<usize>(image * p.maskBatch + head * p.maskHead + query * p.maskQuery) << 2);
}
