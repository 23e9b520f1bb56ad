import { multiplyBlock } from '../dense/convolution_f32';
import { FloatConvolutionParameters } from '../dense/parameters';
import { largestLane, sumOfLanes, withinCount } from '../lanes';
import { storeWords } from '../store';
import { mapByExponential, Via } from '../tensor/exponential';
import { AttentionParameters, maskRow } from './parameters';

/** What a unit works in: the block of a matrix product, its tables, queries, scores, and the state of each row. */
@unmanaged
class FloatScratch {
  product: usize; // FloatConvolutionParameters
  queryOffsets: usize;
  scoreOffsets: usize;
  queries: usize; // [rows][depth], times the scale
  scores: usize; // [rows][pitch]
  state: usize; // for each row the largest score so far and the sum of its exponentials
  pitch: i32;
}

/** Lays out scratch; see `attentionBlocks` of the kernel table. */
function prepare(p: AttentionParameters, scratch: usize): FloatScratch {
  const s = changetype<FloatScratch>(scratch);
  const widest = max(p.keyBlock, p.valueDepth + 7);
  s.pitch = (p.keyBlock + 7) & ~7;
  const q = changetype<FloatConvolutionParameters>(scratch + 64);
  s.product = changetype<usize>(q);
  q.segmentOffsets = scratch + 192;
  q.bias = scratch + 208;
  s.queryOffsets = q.bias + (<usize>((widest + 8) & ~7) << 2);
  s.scoreOffsets = s.queryOffsets + (<usize>p.rows << 2);
  s.state = s.scoreOffsets + (<usize>p.rows << 2);
  s.queries = (s.state + (<usize>p.rows << 3) + 15) & ~15;
  s.scores = s.queries + <usize>(((p.rows * p.depth << 2) + 15) & ~15) + 16;
  memory.fill(q.segmentOffsets, 0, s.queryOffsets - q.segmentOffsets);
  for (let row = 0; row < p.rows; row++) {
    store<i32>(s.queryOffsets + (<usize>row << 2), row * p.depth << 2);
    store<i32>(s.scoreOffsets + (<usize>row << 2), row * s.pitch << 2);
  }
  q.segments = 1;
  q.minimum = -Infinity;
  q.maximum = Infinity;
  q.pixels = p.rows;
  return s;
}

/** Copies the rows of queries, times the scale. */
function scaleQueries(p: AttentionParameters, source: usize, target: usize, rows: i32): void {
  const scale = f32x4.splat(p.scale);
  const bytes = <usize>p.depth << 2;
  const stride = <usize>(p.heads * p.depth) << 2;
  // A row may be written 12 bytes too far, into the next one.
  for (let row = 0; row < rows; row++, source += stride, target += bytes) {
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(target + at, f32x4.mul(v128.load(source + at), scale));
    }
  }
}

/** `rows` rows of `input` times packed weights; each block of 8 columns has `blockBytes` bytes of them. */
function multiply(q: FloatConvolutionParameters, weights: usize, blockBytes: usize, rows: i32): void {
  for (let channel = 0; channel < q.outChannels; channel += 8, weights += blockBytes) {
    const ahead = channel + 8 < q.outChannels ? weights + blockBytes : weights;
    multiplyBlock(q, 0, rows, channel, weights, ahead);
  }
}

function addMask(scores: usize, mask: usize, keys: i32): void {
  for (const end = scores + (<usize>keys << 2); scores < end; scores += 16, mask += 16) {
    v128.store(scores, f32x4.add(v128.load(scores), v128.load(mask)));
  }
}

function largestOf(scores: usize, count: i32): v128 {
  let largest = f32x4.splat(-Infinity);
  const end = scores + (<usize>(count & ~3) << 2);
  for (; scores < end; scores += 16) largest = f32x4.pmax(largest, v128.load(scores));
  const rest = v128.bitselect(v128.load(scores), f32x4.splat(-Infinity), withinCount(count & 3));
  return largestLane(f32x4.pmax(largest, rest));
}

/** exp(x - largest) of `count` floats in place, and their sum in all lanes. */
function exponentials(x: usize, count: i32, largest: v128): v128 {
  // Counts are not negative, which the compiler does not know.
  const zero = i32x4.splat(count >> 31);
  return sumOfLanes(mapByExponential(Via.Softmax, x, x, x + (<usize>count << 2), 16, 4, largest, zero));
}

/** Multiplies the `count` floats of a row. */
function scaleRow(row: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (; count > 0; count -= 4, row += 16) storeWords(row, f32x4.mul(v128.load(row), factors), count);
}

/** Weights of one row from its scores; what the row has summed up so far is brought to the same largest score. */
function weigh(p: AttentionParameters, scores: usize, keys: i32, state: usize, output: usize, isFirst: bool): void {
  const before = load<f32>(state);
  let largest = largestOf(scores, keys);
  if (!isFirst) largest = f32x4.pmax(largest, f32x4.splat(before));
  const sum = exponentials(scores, keys, largest);
  store<f32>(state, f32x4.extract_lane(largest, 0));
  let total = f32x4.extract_lane(sum, 0);
  if (!isFirst) {
    const soFar = load<f32>(state, 4);
    store<f32>(state, before, 4);
    exponentials(state + 4, 1, largest);
    const factor = load<f32>(state, 4);
    scaleRow(output, p.valueDepth, factor);
    total += soFar * factor;
  }
  store<f32>(state, total, 4);
}

/** The queries [first, first + rows) of one head. */
function attend(
  p: AttentionParameters, s: FloatScratch, unit: i32, image: i32, head: i32, first: i32, rows: i32,
): void {
  const q = changetype<FloatConvolutionParameters>(s.product);
  const features = p.heads * p.valueDepth;
  const row = <usize>(image * p.queries + first);
  const output = p.output + ((row * features + <usize>(head * p.valueDepth)) << 2);
  scaleQueries(p, p.query + ((row * (p.heads * p.depth) + <usize>(head * p.depth)) << 2), s.queries, rows);
  const keys = p.packedKeys + (<usize>(unit * ((p.keys + 7) & ~7) * p.depth) << 2);
  const values = p.packedValues + (<usize>(unit * ((p.valueDepth + 7) & ~7) * p.keys) << 2);
  for (let key = 0; key < p.keys; key += p.keyBlock) {
    const count = min(p.keyBlock, p.keys - key);
    q.input = s.queries;
    q.pixelOffsets = s.queryOffsets;
    q.output = s.scores;
    q.outputStride = s.pitch;
    q.residual = 0;
    q.run = p.depth;
    q.outChannels = (count + 7) & ~7;
    multiply(q, keys + (<usize>(key * p.depth) << 2), <usize>p.depth << 5, rows);
    for (let r = 0; r < rows; r++) {
      const scores = s.scores + (<usize>(r * s.pitch) << 2);
      if (p.mask) addMask(scores, maskRow(p, image, head, first + r) + (<usize>key << 2), count);
      weigh(p, scores, count, s.state + (<usize>r << 3), output + (<usize>(r * features) << 2), key == 0);
    }
    q.input = s.scores;
    q.pixelOffsets = s.scoreOffsets;
    q.output = output;
    q.outputStride = features;
    q.residual = key == 0 ? 0 : output;
    q.residualStride = features;
    q.run = count;
    q.outChannels = p.valueDepth;
    multiply(q, values + (<usize>key << 5), <usize>p.keys << 5, rows);
  }
  for (let r = 0; r < rows; r++) {
    scaleRow(output + (<usize>(r * features) << 2), p.valueDepth, 1 / load<f32>(s.state + (<usize>r << 3), 4));
  }
}

/**
 * Multi-head attention over packed keys and values. A unit is `queryBlock` queries of one head of one image. The
 * scores of `rows` queries for `keyBlock` keys are there at a time: what earlier keys gave is scaled down when a larger
 * score comes.
 *
 *     for each query, head:
 *       score[key] = scale * query · key + mask[key]; weight[key] = exp(score[key] - max(score))
 *       output = sum of weight[key] * value[key] / sum of weight
 */
export function f32_attention(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<AttentionParameters>(parameters);
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
