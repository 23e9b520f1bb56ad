import { clamp } from '../../lanes';
import { storeWords } from '../../store';

@unmanaged
class AffineParameters {
  input: usize;
  output: usize;
  channels: i32;
  scale: usize; // f32[channels]
  shift: usize; // f32[channels]
  minimum: f32;
  maximum: f32;
}

/**
 * A scale and a shift for each channel of channels-last f32 (batch normalisation). `output` may be `input`. A unit is
 * one row of channels.
 *
 *     for row, c: output[row, c] = min(max(f32(input[row, c] * scale[c]) + shift[c], minimum), maximum), NaN stays
 */
export function f32_affine(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<AffineParameters>(parameters);
  const channels = p.channels;
  const low = f32x4.splat(p.minimum);
  const high = f32x4.splat(p.maximum);
  for (let row = begin; row < end; row++) {
    const first: usize = (row * channels) << 2;
    const input = p.input + first;
    const output = p.output + first;
    for (let c = 0; c < channels; c += 4) {
      const at: usize = c << 2;
      const scaled = f32x4.mul(v128.load(input + at), v128.load(p.scale + at));
      const shifted = f32x4.add(scaled, v128.load(p.shift + at));
      storeWords(output + at, clamp(shifted, low, high), channels - c);
    }
  }
}
