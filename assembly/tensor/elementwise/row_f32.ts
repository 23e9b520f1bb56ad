import { clamp } from '../../lanes';
import { storeWords } from '../../store';
import { FloatBinaryParameters, Operation } from './broadcast';
import { power } from './power';

@inline
function apply(operation: Operation, a: v128, b: v128): v128 {
  if (operation == Operation.Add) return f32x4.add(a, b);
  if (operation == Operation.Subtract) return f32x4.sub(a, b);
  if (operation == Operation.Multiply) return f32x4.mul(a, b);
  if (operation == Operation.Divide) return f32x4.div(a, b);
  if (operation == Operation.Minimum) return f32x4.min(a, b);
  if (operation == Operation.Maximum) return f32x4.max(a, b);
  return power(a, b);
}

/** The operation chosen at run time, for tails and unusual strides. */
function applyAny(operation: Operation, a: v128, b: v128): v128 {
  return apply(operation, a, b);
}

/** Blocks of 16 elements, operands contiguous or one repeated element. */
@inline
function blocks(
  operation: Operation, p: FloatBinaryParameters, a: usize, b: usize, output: usize, end: usize,
): void {
  const low = f32x4.splat(p.minimum);
  const high = f32x4.splat(p.maximum);
  const aStep: usize = p.aStride4 << 6;
  const bStep: usize = p.bStride4 << 6;
  let a0 = v128.load32_splat(a), a1 = a0, a2 = a0, a3 = a0;
  let b0 = v128.load32_splat(b), b1 = b0, b2 = b0, b3 = b0;
  for (; output < end; output += 64, a += aStep, b += bStep) {
    if (aStep) {
      a0 = v128.load(a);
      a1 = v128.load(a, 16);
      a2 = v128.load(a, 32);
      a3 = v128.load(a, 48);
    }
    if (bStep) {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
      b2 = v128.load(b, 32);
      b3 = v128.load(b, 48);
    }
    v128.store(output, clamp(apply(operation, a0, b0), low, high));
    v128.store(output, clamp(apply(operation, a1, b1), low, high), 16);
    v128.store(output, clamp(apply(operation, a2, b2), low, high), 32);
    v128.store(output, clamp(apply(operation, a3, b3), low, high), 48);
  }
}

function allBlocks(
  operation: Operation, p: FloatBinaryParameters, a: usize, b: usize, output: usize, end: usize,
): void {
  switch (operation) {
    case Operation.Add: return blocks(Operation.Add, p, a, b, output, end);
    case Operation.Subtract: return blocks(Operation.Subtract, p, a, b, output, end);
    case Operation.Multiply: return blocks(Operation.Multiply, p, a, b, output, end);
    case Operation.Divide: return blocks(Operation.Divide, p, a, b, output, end);
    case Operation.Minimum: return blocks(Operation.Minimum, p, a, b, output, end);
    case Operation.Maximum: return blocks(Operation.Maximum, p, a, b, output, end);
    default: return blocks(Operation.Power, p, a, b, output, end);
  }
}

@inline
function operand(pointer: usize, stride: i32): v128 {
  return stride ? v128.load(pointer) : v128.load32_splat(pointer);
}

/** One piece of an innermost row. */
export function floatRow(
  p: FloatBinaryParameters, a: usize, b: usize, output: usize, count: i32, operation: Operation,
): void {
  const aStride = p.aStride4;
  const bStride = p.bStride4;
  const low = f32x4.splat(p.minimum);
  const high = f32x4.splat(p.maximum);
  const end = output + (count << 2);
  if (<u32>aStride > 1 || <u32>bStride > 1) {
    for (; output < end; output += 4, a += aStride << 2, b += bStride << 2) {
      const value = applyAny(operation, v128.load32_splat(a), v128.load32_splat(b));
      v128.store32_lane(output, clamp(value, low, high), 0);
    }
    return;
  }
  const full = count & ~15;
  if (full) allBlocks(operation, p, a, b, output, output + (full << 2));
  a += (full * aStride) << 2;
  b += (full * bStride) << 2;
  output += full << 2;
  for (; output < end; output += 16, a += aStride << 4, b += bStride << 4) {
    const value = applyAny(operation, operand(a, aStride), operand(b, bStride));
    storeWords(output, clamp(value, low, high), <i32>(end - output) >> 2);
  }
}
