import { finishFiringTile, FiringConvolutionParameters } from '../spiking/firing';
import { finishFloatTile } from './finish_f32';
import { RealConvolutionParameters } from './parameters';
import { highSum, lowSum } from './weights';

/** The real numbers that four sums stand for. */
@inline
export function real(sums: v128, bias: v128, multiplier: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(sums, bias)), multiplier);
}

/**
 * Turns the sums of a tile of `rows` pixels into f32 and finishes it as one. R, known at compile time, is bool where the
 * parameters are those of convolutions whose result may go to neurons.
 */
@inline
export function finishRealTile<R>(
  p: RealConvolutionParameters, pixel: i32, end: i32, channel: i32, rows: i32, bits: i32,
  c0l: v128, c0h: v128, c1l: v128, c1h: v128, c2l: v128, c2h: v128,
  c3l: v128, c3h: v128, c4l: v128, c4h: v128, c5l: v128, c5h: v128,
): void {
  const at = <usize>channel << 2;
  const bl = v128.load(p.bias + at), bh = v128.load(p.bias + at, 16);
  const ml = v128.load(p.multiplier + at), mh = v128.load(p.multiplier + at, 16);
  c0l = real(lowSum(c0l, c0h, bits), bl, ml);
  c0h = real(highSum(c0h, bits), bh, mh);
  c1l = real(lowSum(c1l, c1h, bits), bl, ml);
  c1h = real(highSum(c1h, bits), bh, mh);
  c2l = real(lowSum(c2l, c2h, bits), bl, ml);
  c2h = real(highSum(c2h, bits), bh, mh);
  c3l = real(lowSum(c3l, c3h, bits), bl, ml);
  c3h = real(highSum(c3h, bits), bh, mh);
  if (rows > 4) {
    c4l = real(lowSum(c4l, c4h, bits), bl, ml);
    c4h = real(highSum(c4h, bits), bh, mh);
    c5l = real(lowSum(c5l, c5h, bits), bl, ml);
    c5h = real(highSum(c5h, bits), bh, mh);
  }
  if (isBoolean<R>()) {
    const f = changetype<FiringConvolutionParameters>(p);
    finishFiringTile(f, pixel, end, channel, rows, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
  } else {
    finishFloatTile(p, pixel, end, channel, rows, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
  }
}
