import { PackAttentionParameters } from './parameters';

/** Four floats of four rows to four rows of four floats, `stride` bytes apart. */
@inline
function transposeFour(r0: v128, r1: v128, r2: v128, r3: v128, target: usize, stride: usize): void {
  const low0 = i32x4.shuffle(r0, r1, 0, 4, 1, 5), low1 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const high0 = i32x4.shuffle(r0, r1, 2, 6, 3, 7), high1 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(target, i64x2.shuffle(low0, low1, 0, 2));
  v128.store(target + stride, i64x2.shuffle(low0, low1, 1, 3));
  v128.store(target + 2 * stride, i64x2.shuffle(high0, high1, 0, 2));
  v128.store(target + 3 * stride, i64x2.shuffle(high0, high1, 1, 3));
}

/** The keys of one head in blocks of 8: [block][depth][8]; keys beyond the last repeat it. */
function packKeys(p: PackAttentionParameters, source: usize, target: usize): void {
  const stride = <usize>(p.heads * p.depth << 2);
  const last = source + <usize>(p.keys - 1) * stride;
  for (let key = 0; key < p.keys; key += 8, source += 8 * stride) {
    for (let half = 0; half < 2; half++) {
      const r0 = min(source + <usize>(4 * half) * stride, last), r1 = min(r0 + stride, last);
      const r2 = min(r1 + stride, last), r3 = min(r2 + stride, last);
      let at: usize = 0;
      let to = target + <usize>(half << 4);
      const whole = <usize>(p.depth & ~3) << 2;
      for (; at < whole; at += 16, to += 128) {
        transposeFour(v128.load(r0 + at), v128.load(r1 + at), v128.load(r2 + at), v128.load(r3 + at), to, 32);
      }
      for (; at < <usize>p.depth << 2; at += 4, to += 32) {
        store<f32>(to, load<f32>(r0 + at));
        store<f32>(to, load<f32>(r1 + at), 4);
        store<f32>(to, load<f32>(r2 + at), 8);
        store<f32>(to, load<f32>(r3 + at), 12);
      }
    }
    target += <usize>p.depth << 5;
  }
}

/** The values of one head in blocks of 8 features: [block][keys][8]. */
function packValues(p: PackAttentionParameters, source: usize, target: usize): void {
  const stride = <usize>(p.heads * p.valueDepth << 2);
  for (let feature = 0; feature < p.valueDepth; feature += 8, source += 32) {
    const features = min(8, p.valueDepth - feature);
    for (let key = 0, row = source; key < p.keys; key++, row += stride, target += 32) {
      if (features == 8) {
        v128.store(target, v128.load(row));
        v128.store(target, v128.load(row, 16), 16);
      } else {
        memory.fill(target, 0, 32);
        memory.copy(target, row, features << 2);
      }
    }
  }
}

/**
 * Brings keys and values into the order in which dense products read weights. A unit is one head of one image.
 *
 *     packedKeys[head][key / 8][i][key % 8] = key[key][head][i]
 *     packedValues[head][i / 8][key][i % 8] = value[key][head][i]
 */
export function f32_pack_attention(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<PackAttentionParameters>(parameters);
  for (let unit = begin; unit < end; unit++) {
    const first = unit / p.heads * p.keys * p.heads + unit % p.heads;
    const packed = ((p.keys + 7) & ~7) * p.depth;
    packKeys(p, p.key + (<usize>(first * p.depth) << 2), p.packedKeys + (<usize>(unit * packed) << 2));
    const packedValues = ((p.valueDepth + 7) & ~7) * p.keys;
    packValues(p, p.value + (<usize>(first * p.valueDepth) << 2), p.packedValues + (<usize>(unit * packedValues) << 2));
  }
}
