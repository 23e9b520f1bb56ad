import { highFloats, lowFloats, narrow, requantizeUnclamped, roundingFrom, zeroPointOffset } from '../quantization';
import { storeBytes } from '../store';
import { PixelsParameters } from './parameters';

@inline
function sum(x: v128, y: v128, m: v128, n: v128): v128 {
  return f32x4.add(f32x4.mul(x, m), f32x4.mul(y, n));
}

/** Adds `count` bytes of the residual to those at `target`, as u8_add does; sums must stay below 2^22. */
export function addResidual(p: PixelsParameters, target: usize, residual: usize, count: i32): void {
  const m = f32x4.splat(p.ownMultiplier), n = f32x4.splat(p.residualMultiplier);
  const xZero = i16x8.splat(<i16>p.ownZeroPoint), yZero = i16x8.splat(<i16>p.residualZeroPoint);
  const least = i8x16.splat(<i8>p.sumMinimum), greatest = i8x16.splat(<i8>p.sumMaximum);
  const offset = zeroPointOffset(p.sumZeroPoint);
  const rounding = roundingFrom(offset, p.sumZeroPoint);
  for (;; count -= 16, target += 16, residual += 16) {
    const x = v128.load(target), y = v128.load(residual);
    const x0 = i16x8.sub(i16x8.extend_low_i8x16_u(x), xZero), x1 = i16x8.sub(i16x8.extend_high_i8x16_u(x), xZero);
    const y0 = i16x8.sub(i16x8.extend_low_i8x16_u(y), yZero), y1 = i16x8.sub(i16x8.extend_high_i8x16_u(y), yZero);
    const both = narrow(
      requantizeUnclamped(sum(lowFloats(x0), lowFloats(y0), m, n), rounding, offset),
      requantizeUnclamped(sum(highFloats(x0), highFloats(y0), m, n), rounding, offset),
      requantizeUnclamped(sum(lowFloats(x1), lowFloats(y1), m, n), rounding, offset),
      requantizeUnclamped(sum(highFloats(x1), highFloats(y1), m, n), rounding, offset),
    );
    const result = i8x16.min_u(i8x16.max_u(both, least), greatest);
    if (count < 16) {
      // A call inside the loop would have the constants of every round spilled and reloaded.
      storeBytes(target, result, count);
      return;
    }
    v128.store(target, result);
  }
}
