import { broadcastShape, broadcastStrides, forEachBroadcast } from './broadcast.js';
import {
  type AnyNode,
  defineOperation,
  type NodeOf,
  type Operation,
  type Reference,
  rejectNode,
  required,
} from './operation.js';
import { allocate, elementCount, type Quantization, type TensorType } from './tensor.js';

/** How a binary operation combines two u8 operands; absent when it exists in f32 only. */
export type IntegerCombine = (
  a: Quantization,
  b: Quantization,
  out: Quantization,
) => (x: number, y: number) => number;

/** An elementwise operation of two broadcast operands. */
export function defineBinary<Op extends string>(
  op: Op,
  checkScales?: (node: AnyNode, a: Quantization, b: Quantization, out: Quantization) => void,
): Operation<NodeOf<Op, object>> {
  return defineOperation({
    op,
    arity: [2, 2],
    schema: {},
    infer(node, inputs) {
      const a = required(node, inputs, 0);
      const b = required(node, inputs, 1);
      const allowed = checkScales ? ['f32', 'u8'] : ['f32'];
      if (a.dtype !== b.dtype || !allowed.includes(a.dtype)) {
        rejectNode(node, `operands must both be ${allowed.join(' or ')}, got ${a.dtype} and ${b.dtype}`);
      }
      const shape = broadcastShape(node, a.shape, b.shape);
      if (a.dtype === 'f32') return [{ dtype: 'f32', shape }];
      const output = ownQuantization(node);
      checkScales?.(node, scaleOf(node, a), scaleOf(node, b), output);
      return [{ dtype: 'u8', shape, quantization: output }];
    },
  });
}

/** What a binary operation computes: on real numbers and, where it has an integer form, on u8. */
export interface BinaryMeaning {
  readonly real: (a: number, b: number) => number;
  readonly integer?: IntegerCombine;
}

export function binaryReference<Op extends string>({
  real,
  integer,
}: BinaryMeaning): Reference<NodeOf<Op, object>> {
  return (node, inputs, [out]) => {
    const a = required(node, inputs, 0);
    const b = required(node, inputs, 1);
    const output = out ?? rejectNode(node, 'has no output');
    const apply =
      output.dtype === 'u8'
        ? (integer ?? rejectNode(node, 'has no integer form'))(
            scaleOf(node, a.type),
            scaleOf(node, b.type),
            scaleOf(node, output),
          )
        : (x: number, y: number) => Math.fround(real(x, y));
    const data = allocate(output.dtype, elementCount(output.shape));
    const strides = [
      broadcastStrides(a.shape, output.shape),
      broadcastStrides(b.shape, output.shape),
    ] as const;
    forEachBroadcast(output.shape, ...strides, (index, i, j) => {
      data[index] = apply(a.data[i] ?? 0, b.data[j] ?? 0);
    });
    return [{ dtype: output.dtype, shape: output.shape, data }];
  };
}

/** The quantization that a u8 value must have. */
export function scaleOf(node: AnyNode, type: TensorType): Quantization {
  return type.quantization ?? rejectNode(node, 'a u8 value has no quantization');
}

/** The quantization that a node's own u8 output must have. */
export function ownQuantization(node: AnyNode): Quantization {
  return node.quantization ?? rejectNode(node, 'a u8 output needs a quantization');
}
