import { highFloats, lowFloats } from '../../quantization';
import { storeWords } from '../../store';
import { SPAN, spanEnd } from '../spans';

@unmanaged
class DequantizeParameters {
  input: usize;
  output: usize;
  elements: i32;
  scale: f32;
  zeroPoint: i32;
}

/**
 * u8 to f32. A unit is 1024 adjacent elements.
 *
 *     for i in 0..elements: output[i] = f32(scale * f32(input[i] - zeroPoint))
 */
export function u8_dequantize(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<DequantizeParameters>(parameters);
  const scale = f32x4.splat(p.scale);
  const zero = i16x8.splat(<i16>p.zeroPoint);
  const elements = spanEnd(end, p.elements);
  for (let i = begin * SPAN; i < elements; i += 8) {
    const difference = i16x8.sub(v128.load8x8_u(p.input + i), zero);
    const output = p.output + (i << 2);
    storeWords(output, f32x4.mul(lowFloats(difference), scale), elements - i);
    if (i + 4 < elements) storeWords(output + 16, f32x4.mul(highFloats(difference), scale), elements - i - 4);
  }
}
