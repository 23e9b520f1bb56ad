import { spanEnd, SPAN } from '../spans';
import { floatRow } from './row_f32';
import { integerRow } from './row_u8';

/**
 * Leading fields of the binary kernels: a dense output of up to five dimensions, outermost first (unused ones are 1),
 * and the strides of both operands in elements, 0 where an operand is repeated.
 */
@unmanaged
export class BinaryParameters {
  a: usize;
  b: usize;
  output: usize;
  size0: i32;
  size1: i32;
  size2: i32;
  size3: i32;
  size4: i32;
  aStride0: i32;
  aStride1: i32;
  aStride2: i32;
  aStride3: i32;
  aStride4: i32;
  bStride0: i32;
  bStride1: i32;
  bStride2: i32;
  bStride3: i32;
  bStride4: i32;
}

@unmanaged
export class FloatBinaryParameters extends BinaryParameters {
  minimum: f32;
  maximum: f32;
}

@unmanaged
export class IntegerBinaryParameters extends BinaryParameters {
  aZeroPoint: i32;
  bZeroPoint: i32;
  aMultiplier: f32;
  bMultiplier: f32;
  zeroPoint: i32;
  minimum: i32;
  maximum: i32;
}

export const enum Operation {
  Add,
  Subtract,
  Multiply,
  Divide,
  Minimum,
  Maximum,
  Power,
}

/** Walks the spans of work units [begin, end) along the output and hands each piece of an innermost row on. */
export function broadcast<T>(p: BinaryParameters, begin: i32, end: i32, operation: Operation): void {
  const width = p.size4;
  const stop = spanEnd(end, p.size0 * p.size1 * p.size2 * p.size3 * width);
  let position = begin * SPAN;
  if (position >= stop) return;
  let rest = position / width;
  let column = position - rest * width;
  let i3 = rest % p.size3;
  rest /= p.size3;
  let i2 = rest % p.size2;
  rest /= p.size2;
  let i1 = rest % p.size1;
  let i0 = rest / p.size1;
  while (position < stop) {
    const count = min(width - column, stop - position);
    const a = i0 * p.aStride0 + i1 * p.aStride1 + i2 * p.aStride2 + i3 * p.aStride3 + column * p.aStride4;
    const b = i0 * p.bStride0 + i1 * p.bStride1 + i2 * p.bStride2 + i3 * p.bStride3 + column * p.bStride4;
    const aPointer = p.a + (a << alignof<T>());
    const bPointer = p.b + (b << alignof<T>());
    const output = p.output + (position << alignof<T>());
    if (isFloat<T>()) floatRow(changetype<FloatBinaryParameters>(p), aPointer, bPointer, output, count, operation);
    else integerRow(changetype<IntegerBinaryParameters>(p), aPointer, bPointer, output, count, operation);
    position += count;
    column = 0;
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
