import { stepLength } from '../dense/weights';
import { interleaveHighPairs, interleaveLowBytes, interleaveLowPairs } from '../lanes';
import { PackIntegerAttentionParameters } from './parameters';

/** u8 of zero point 128 as i8. */
const FLIP: i8 = -128;

/** The sum of `count` bytes less 128 each. */
function sumOf(source: usize, count: i32): i32 {
  let sums = i32x4.splat(0);
  let i = 0;
  for (; i + 16 <= count; i += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_u(v128.load(source + i));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  sum += i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  for (; i < count; i++) sum += load<u8>(source + i);
  return sum - 128 * count;
}

/** The step at `at` of one key; what is beyond its features is 0. */
@inline
function storeStep(source: usize, at: i32, depth: i32, target: usize): void {
  const step = stepLength<i32>();
  if (at + step <= depth) {
    if (step == 4) store<u32>(target, load<u32>(source + at) ^ 0x80808080);
    else store<u16>(target, load<u16>(source + at) ^ 0x8080);
    return;
  }
  for (let i = 0; i < step; i++) {
    store<u8>(target + i, at + i < depth ? load<u8>(source + at + i) ^ 0x80 : 0);
  }
}

/** The keys of one head in blocks of 8, and their biases; keys beyond the last are 0. */
function packKeys(p: PackIntegerAttentionParameters, source: usize, target: usize, bias: usize): void {
  const stride = <usize>(p.heads * p.depth);
  const step = stepLength<i32>();
  const blockBytes = <usize>(((p.depth + 3) & ~3) << 3);
  for (let block = 0; block < p.keys; block += 8, target += blockBytes) {
    for (let lane = 0; lane < 8; lane++, source += stride, bias += 4) {
      const isThere = block + lane < p.keys;
      const depth = isThere ? p.depth : 0;
      let to = target + <usize>(lane * step);
      for (let at = 0; at < ((p.depth + 3) & ~3); at += step, to += <usize>(8 * step)) storeStep(source, at, depth, to);
      store<i32>(bias, isThere ? -p.queryZeroPoint * sumOf(source, p.depth) : 0);
    }
  }
}

/** Eight bytes of the row of a key, or what stands for 0. */
@inline
function rowOf(source: usize, key: i32, keys: i32, stride: usize): v128 {
  return key < keys ? v128.load64_zero(source + <usize>key * stride) : i8x16.splat(FLIP);
}

/** The values of one head in blocks of 8 features; keys beyond the last are 0. */
function packValues(p: PackIntegerAttentionParameters, source: usize, target: usize, bias: usize): void {
  const stride = <usize>(p.heads * p.valueDepth);
  const flip = i8x16.splat(FLIP);
  const keys = p.keys;
  for (let feature = 0; feature < p.valueDepth; feature += 8, source += 8, bias += 32) {
    if (p.weightZeroPoint) biasOf(p, source, stride, bias);
    for (let key = 0; key < ((keys + 3) & ~3); key += 4, target += 32) {
      const r0 = rowOf(source, key, keys, stride), r1 = rowOf(source, key + 1, keys, stride);
      const r2 = rowOf(source, key + 2, keys, stride), r3 = rowOf(source, key + 3, keys, stride);
      const even = interleaveLowBytes(r0, r1), odd = interleaveLowBytes(r2, r3);
      const isWide = stepLength<i32>() == 4;
      v128.store(target, v128.xor(isWide ? interleaveLowPairs(even, odd) : even, flip));
      v128.store(target, v128.xor(isWide ? interleaveHighPairs(even, odd) : odd, flip), 16);
    }
  }
}

/** What the zero point of the weights adds to the sums of 8 features. */
function biasOf(p: PackIntegerAttentionParameters, source: usize, stride: usize, bias: usize): void {
  let low = i32x4.splat(0), high = low;
  for (let key = 0; key < p.keys; key++, source += stride) {
    const row = v128.xor(v128.load64_zero(source), i8x16.splat(FLIP));
    const wide = i16x8.extend_low_i8x16_s(row);
    low = i32x4.add(low, i32x4.extend_low_i16x8_s(wide));
    high = i32x4.add(high, i32x4.extend_high_i16x8_s(wide));
  }
  const factor = i32x4.splat(-p.weightZeroPoint);
  v128.store(bias, i32x4.mul(low, factor));
  v128.store(bias, i32x4.mul(high, factor), 16);
}

/**
 * Brings u8 keys and values of zero point 128 into the order in which dense products read int8 weights. A unit is one
 * head of one image.
 *
 *     packedKeys: key[key][head][i] - 128 in blocks of 8 keys, by steps of i
 *     keyBias[head][key] = -queryZeroPoint * sum over i of (key[key][head][i] - 128)
 *     packedValues: value[key][head][i] - 128 in blocks of 8 features i, by steps of keys
 *     valueBias[head][i] = -weightZeroPoint * sum over keys of (value[key][head][i] - 128)
 */
export function u8_pack_attention(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<PackIntegerAttentionParameters>(parameters);
  const wholeKeys = (p.keys + 7) & ~7, wholeFeatures = (p.valueDepth + 7) & ~7;
  if (!p.weightZeroPoint) {
    memory.fill(p.valueBias + <usize>(begin * wholeFeatures << 2), 0, (end - begin) * wholeFeatures << 2);
  }
  for (let unit = begin; unit < end; unit++) {
    const first = unit / p.heads * p.keys * p.heads + unit % p.heads;
    const keyBytes = wholeKeys * ((p.depth + 3) & ~3);
    const keyBias = p.keyBias + <usize>(unit * wholeKeys << 2);
    packKeys(p, p.key + <usize>(first * p.depth), p.packedKeys + <usize>(unit * keyBytes), keyBias);
    const valueBytes = wholeFeatures * ((p.keys + 3) & ~3);
    const valueBias = p.valueBias + <usize>(unit * wholeFeatures << 2);
    packValues(p, p.value + <usize>(first * p.valueDepth), p.packedValues + <usize>(unit * valueBytes), valueBias);
  }
}
