import { broadcastShape, broadcastStrides, forEachBroadcast } from './broadcast.js';
import {
  type AnyNode,
  defineOperation,
  type NodeOf,
  type Operation,
  type Reference,
  type ReferenceInput,
  rejectNode,
  required,
} from './operation.js';
import { dequantize, quantize } from './quantized.js';
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
  summary: string,
  integer: 'integer' | 'f32 only' = 'f32 only',
): Operation<NodeOf<Op, object>> {
  return defineOperation({
    op,
    summary,
    arity: [2, 2],
    schema: {},
    infer(node, inputs) {
      const a = required(node, inputs, 0);
      const b = required(node, inputs, 1);
      const allowed = integer === 'integer' ? ['f32', 'u8'] : ['f32'];
      if (a.dtype !== b.dtype || !allowed.includes(a.dtype)) {
        rejectNode(node, `operands must both be ${allowed.join(' or ')}, got ${a.dtype} and ${b.dtype}`);
      }
      return [elementwiseOutput(node, a, broadcastShape(node, a.shape, b.shape))];
    },
  });
}

function elementwiseOutput(node: AnyNode, x: TensorType, shape: readonly number[]): TensorType {
  if (x.dtype === 'f32') return { dtype: 'f32', shape };
  return {
    dtype: 'u8',
    shape,
    quantization: node.quantization ?? rejectNode(node, 'u8 output needs a quantization'),
  };
}

export function binaryReference<Op extends string>(
  combine: (a: number, b: number) => number,
  integer?: IntegerCombine,
): Reference<NodeOf<Op, object>> {
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
        : (x: number, y: number) => Math.fround(combine(x, y));
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

/**
 * What a function of one real number does to each of the 256 values of a quantized one. Reference and engine both
 * use this table, so that they cannot differ.
 */
export function lookupTable(
  apply: (x: number) => number,
  input: Quantization,
  output: Quantization,
): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, q) => quantize(apply(dequantize(q, input)), output));
}

/** Applies a function of one number to every element, through {@link lookupTable} for u8. */
export function mapElements<N extends AnyNode>(
  node: N,
  x: ReferenceInput,
  out: TensorType | undefined,
  apply: (x: number) => number,
): ReturnType<Reference<N>> {
  const output = out ?? rejectNode(node, 'has no output');
  const data = allocate(output.dtype, x.data.length);
  const table =
    output.dtype === 'u8' ? lookupTable(apply, scaleOf(node, x.type), scaleOf(node, output)) : undefined;
  for (let i = 0; i < data.length; i++) {
    const value = x.data[i] ?? 0;
    data[i] = table ? (table[value] ?? 0) : Math.fround(apply(value));
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
}

/** Output type of a function of one element: u8 keeps the input's quantization unless the node has its own. */
export function unaryOutput(node: AnyNode, x: TensorType): TensorType {
  if (x.dtype === 'f32') return { dtype: 'f32', shape: x.shape };
  if (x.dtype !== 'u8') rejectNode(node, `input must be f32 or u8, got ${x.dtype}`);
  return { dtype: 'u8', shape: x.shape, quantization: node.quantization ?? scaleOf(node, x) };
}
