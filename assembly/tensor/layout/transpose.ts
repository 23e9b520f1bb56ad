import { SPAN, spanEnd } from '../spans';
import { copyBytes } from './bytes';

/**
 * A dense output of up to six dimensions, outermost first (unused ones are 1), and for each of its dimensions the
 * distance between neighbours in the input, in elements: negative reverses, 0 repeats, a multiple skips.
 */
@unmanaged
class TransposeParameters {
  input: usize;
  output: usize;
  size0: i32;
  size1: i32;
  size2: i32;
  size3: i32;
  size4: i32;
  size5: i32;
  stride0: i32;
  stride1: i32;
  stride2: i32;
  stride3: i32;
  stride4: i32;
  stride5: i32;
}

@inline
function gather<T>(output: usize, input: usize, count: i32, stride: i32): void {
  if (stride == 1) {
    copyBytes(output, input, count << alignof<T>());
    return;
  }
  const step = stride << alignof<T>();
  const stop = output + (count << alignof<T>());
  for (; output < stop; output += sizeof<T>(), input += step) store<T>(output, load<T>(input));
}

function transpose<T>(p: TransposeParameters, begin: i32, end: i32): void {
  const width = p.size5;
  const stop = spanEnd(end, p.size0 * p.size1 * p.size2 * p.size3 * p.size4 * width);
  let position = begin * SPAN;
  if (position >= stop) return;
  let rest = position / width;
  let column = position - rest * width;
  let i4 = rest % p.size4;
  rest /= p.size4;
  let i3 = rest % p.size3;
  rest /= p.size3;
  let i2 = rest % p.size2;
  rest /= p.size2;
  let i1 = rest % p.size1;
  let i0 = rest / p.size1;
  while (position < stop) {
    const count = min(width - column, stop - position);
    const outer = i0 * p.stride0 + i1 * p.stride1 + i2 * p.stride2;
    const element = outer + i3 * p.stride3 + i4 * p.stride4 + column * p.stride5;
    const output = p.output + (position << alignof<T>());
    gather<T>(output, p.input + (element << alignof<T>()), count, p.stride5);
    position += count;
    column = 0;
    if (++i4 == p.size4) {
      i4 = 0;
      if (++i3 == p.size3) {
        i3 = 0;
        if (++i2 == p.size2) {
          i2 = 0;
          if (++i1 == p.size1) {
            i1 = 0;
            i0++;
          }
        }
      }
    }
  }
}

/**
 * Dense bytes from strided ones: permutations, slices with steps, reversals, repetitions. A unit is 1024 adjacent
 * elements of the output.
 *
 *     for each index i of the output: output[i] = input[i . stride]
 */
export function u8_transpose(parameters: usize, begin: i32, end: i32): void {
  transpose<u8>(changetype<TransposeParameters>(parameters), begin, end);
}

/** The same for elements of 4 bytes. */
export function f32_transpose(parameters: usize, begin: i32, end: i32): void {
  transpose<u32>(changetype<TransposeParameters>(parameters), begin, end);
}
