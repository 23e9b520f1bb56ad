import { RealConvolutionParameters } from '../dense/parameters';
import { copyRun, stagedBytes } from '../dense/runs';
import { tile } from '../dense/tile';
import { INT8 } from '../dense/weights';
import { bound, narrow, requantize, roundingFrom, zeroPointOffset } from '../quantization';
import { storeBytes } from '../store';
import { IntegerAttentionParameters, maskRow } from './parameters';
import { addMask, largestScore, weigh } from './weights_u8';

/** What a unit works in: the block of a matrix product, its tables, queries, scores, weights, sums. */
@unmanaged
class IntegerScratch {
  product: usize; // RealConvolutionParameters
  scales: usize; // the multiplier of the scores for each key of a block
  ones: usize; // for each feature of the values
  queryOffsets: usize;
  weightOffsets: usize;
  queries: usize; // [rows][depth], staged
  scores: usize; // f32 [rows][pitch]
  weights: usize; // [rows][pitch], staged
  sums: usize; // f32 [rows][features rounded up to 8]
  totals: usize; // i32 for each row: the sum of its weights
  pitch: i32;
  staged: i32; // bytes of a staged element
}

@inline
function align(bytes: i32): usize {
  return <usize>((bytes + 15) & ~15);
}

/** Lays out scratch; see `attentionBlocks` of the kernel table. */
function prepare(p: IntegerAttentionParameters, scratch: usize): IntegerScratch {
  const s = changetype<IntegerScratch>(scratch);
  const q = changetype<RealConvolutionParameters>(scratch + 64);
  const keys = (p.keys + 7) & ~7, features = (p.valueDepth + 7) & ~7;
  s.product = changetype<usize>(q);
  s.pitch = (p.keys + 15) & ~15;
  s.staged = stagedBytes(p.mode);
  q.segmentOffsets = scratch + 192;
  s.scales = scratch + 208;
  s.ones = s.scales + <usize>(keys << 2);
  s.queryOffsets = s.ones + <usize>(features << 2);
  s.weightOffsets = s.queryOffsets + <usize>(p.rows << 2);
  s.totals = s.weightOffsets + <usize>(p.rows << 2);
  s.queries = s.totals + align(p.rows << 2);
  const depth = ((p.depth + 3) & ~3) * s.staged;
  s.scores = s.queries + align(p.rows * depth) + 16;
  s.weights = s.scores + <usize>(p.rows * s.pitch << 2);
  s.sums = s.weights + <usize>(p.rows * s.pitch * s.staged) + 16;
  store<i32>(q.segmentOffsets, 0);
  for (let key = 0; key < keys; key++) store<f32>(s.scales + (<usize>key << 2), p.scale);
  for (let i = 0; i < features; i++) store<f32>(s.ones + (<usize>i << 2), 1);
  for (let row = 0; row < p.rows; row++) {
    store<i32>(s.queryOffsets + (<usize>row << 2), row * depth);
    store<i32>(s.weightOffsets + (<usize>row << 2), row * s.pitch * s.staged);
  }
  q.segments = 1;
  q.residual = 0;
  q.minimum = -Infinity;
  q.maximum = Infinity;
  return s;
}

// Each tile is a function of its own so that its sums have the registers to themselves.

function tile6(p: RealConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, f32>(p, at, end, channel, weights, weights, 0, 6, INT8);
}

function tile4(p: RealConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, f32>(p, at, end, channel, weights, weights, 0, 4, INT8);
}

/** `rows` rows of `input` times packed weights. */
function multiply(q: RealConvolutionParameters, weights: usize, rows: i32): void {
  for (let channel = 0; channel < q.outChannels; channel += 8, weights += <usize>(q.run << 3)) {
    let row = 0;
    for (; rows - row > 4; row += 6) tile6(q, row, rows, channel, weights);
    if (row < rows) tile4(q, row, rows, channel, weights);
  }
}

/** u8 of the sums of one row. */
function finishRow(p: IntegerAttentionParameters, sums: usize, total: i32, output: usize): void {
  const factor = f32x4.splat(p.multiplier / <f32>max(total, 1));
  const low = bound(0, p.zeroPoint), high = bound(255, p.zeroPoint);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  for (let i = 0; i < p.valueDepth; i += 8, sums += 32) {
    const a = requantize(f32x4.mul(v128.load(sums), factor), low, high, rounding, offset);
    const b = requantize(f32x4.mul(v128.load(sums, 16), factor), low, high, rounding, offset);
    storeBytes(output + i, narrow(a, b, a, b), min(8, p.valueDepth - i));
  }
}

/** The queries [first, first + rows) of one head. */
function attend(
  p: IntegerAttentionParameters, s: IntegerScratch, unit: i32, image: i32, head: i32, first: i32, rows: i32,
): void {
  const q = changetype<RealConvolutionParameters>(s.product);
  const keys = (p.keys + 7) & ~7, features = (p.valueDepth + 7) & ~7;
  const depth = (p.depth + 3) & ~3, keyRun = (p.keys + 3) & ~3;
  const row = image * p.queries + first;
  const source = p.query + <usize>((row * p.heads + head) * p.depth);
  for (let r = 0; r < rows; r++) {
    copyRun(source + <usize>(r * p.heads * p.depth), s.queries + <usize>(r * depth * s.staged), p.depth, p.mode);
  }
  q.input = s.queries;
  q.pixelOffsets = s.queryOffsets;
  q.bias = p.keyBias + <usize>(unit * keys << 2);
  q.multiplier = s.scales;
  q.output = s.scores;
  q.outputStride = s.pitch;
  q.run = depth;
  q.outChannels = keys;
  multiply(q, p.packedKeys + <usize>(unit * keys * depth), rows);
  for (let r = 0; r < rows; r++) {
    const scores = s.scores + <usize>(r * s.pitch << 2);
    if (p.mask) addMask(scores, maskRow(p, image, head, first + r), p.keys);
    const largest = largestScore(scores, p.keys, s.pitch);
    const weights = s.weights + <usize>(r * s.pitch * s.staged);
    store<i32>(s.totals + (<usize>r << 2), weigh(scores, s.pitch, largest, weights, p.mode));
  }
  q.input = s.weights;
  q.pixelOffsets = s.weightOffsets;
  q.bias = p.valueBias + <usize>(unit * features << 2);
  q.multiplier = s.ones;
  q.output = s.sums;
  q.outputStride = features;
  q.run = keyRun;
  q.outChannels = features;
  multiply(q, p.packedValues + <usize>(unit * features * keyRun), rows);
  const output = p.output + <usize>((row * p.heads + head) * p.valueDepth);
  for (let r = 0; r < rows; r++) {
    const sums = s.sums + <usize>(r * features << 2);
    const total = load<i32>(s.totals + (<usize>r << 2));
    finishRow(p, sums, total, output + <usize>(r * p.heads * p.valueDepth));
  }
}

/**
 * Multi-head attention of u8 values over packed keys and values. A unit is `queryBlock` queries of one head of one
 * image; all scores of `rows` queries are there at a time.
 *
 *     for each query, head:
 *       t[key] = f32(sum of (query - zero point) * (key - 128)) * scale + mask[key] * log2(e)
 *       weight[key] = round(255 * 2^(t[key] - max(t)))
 *       output = round(f32(sum of weight[key] * (value[key] - 128)) * (multiplier / sum of weight)) + zeroPoint
 */
export function u8_attention(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<IntegerAttentionParameters>(parameters);
  const blocks = (p.queries + p.queryBlock - 1) / p.queryBlock;
  for (let unit = begin; unit < end; unit++) {
    const s = prepare(p, p.scratch + <usize>unit * p.scratchBytes);
    const group = unit / blocks;
    const first = (unit - group * blocks) * p.queryBlock;
    const last = min(first + p.queryBlock, p.queries);
    for (let query = first; query < last; query += p.rows) {
      attend(p, s, group, group / p.heads, group % p.heads, query, min(p.rows, last - query));
    }
  }
}
