import { type BinaryMeaning, defineBinary, type IntegerCombine } from '../elementwise.js';
import type { AnyNode, NodeOf } from '../operation.js';
import { checkMultiplier, requantizeMultiplier, toQuantized } from '../quantized.js';
import type { Quantization } from '../tensor.js';

export type AddNode = NodeOf<'add', object>;

export function checkSummands(node: AnyNode, a: Quantization, b: Quantization, out: Quantization): void {
  checkMultiplier(node, a.scale, out.scale);
  checkMultiplier(node, b.scale, out.scale);
}

/** Scales each operand to the output in f32, then adds or subtracts. */
export const combineSummands =
  (sign: 1 | -1): IntegerCombine =>
  (a, b, out) => {
    const ma = requantizeMultiplier(a.scale, out.scale);
    const mb = sign * requantizeMultiplier(b.scale, out.scale);
    return (x, y) =>
      toQuantized(
        Math.fround(Math.fround((x - a.zeroPoint) * ma) + Math.fround((y - b.zeroPoint) * mb)),
        out.zeroPoint,
      );
  };

/** a + b with broadcasting, f32 or u8. */
export const add = defineBinary('add', checkSummands);

export const addMeaning: BinaryMeaning = {
  real: (a, b) => a + b,
  integer: (a, b, out) => combineSummands(1)(a, b, out),
};
