import type { AttributeSchema, AttributesOf } from './attributes.js';
import { ownQuantization, scaleOf } from './elementwise.js';
import {
  type AnyNode,
  defineOperation,
  type NodeOf,
  type Operation,
  type Reference,
  rejectNode,
  required,
} from './operation.js';
import { dequantize, quantize } from './quantized.js';
import { allocate, type Quantization } from './tensor.js';

/** An operation that applies a function of one number to every element. */
export interface UnaryOperation<N extends AnyNode> extends Operation<N> {
  functionOf(node: N): (x: number) => number;
}

/**
 * An elementwise function, f32 or u8 by {@link lookupTable}. The u8 output has the node's quantization, or the
 * input's where `keepsRange` says that results stay in the range of the input.
 */
export function defineUnary<Op extends string, Schema extends AttributeSchema>(definition: {
  readonly op: Op;
  readonly schema: Schema;
  readonly keepsRange?: boolean;
  readonly functionOf: UnaryOperation<NodeOf<Op, AttributesOf<Schema>>>['functionOf'];
}): UnaryOperation<NodeOf<Op, AttributesOf<Schema>>> & { readonly schema: Schema } {
  const { op, schema, keepsRange = false, functionOf } = definition;
  const operation = defineOperation({
    op,
    arity: [1, 1],
    schema,
    infer(node, inputs) {
      const x = required(node, inputs, 0);
      if (x.dtype === 'f32') return [{ dtype: 'f32', shape: x.shape }];
      if (x.dtype !== 'u8') rejectNode(node, `input must be f32 or u8, got ${x.dtype}`);
      const own = scaleOf(node, x);
      const quantization = keepsRange ? (node.quantization ?? own) : ownQuantization(node);
      return [{ dtype: 'u8', shape: x.shape, quantization }];
    },
  });
  return { ...operation, functionOf };
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

export function unaryReference<N extends AnyNode>(operation: UnaryOperation<N>): Reference<N> {
  return (node, inputs, [out]) => {
    const x = required(node, inputs, 0);
    const output = out ?? rejectNode(node, 'has no output');
    const apply = operation.functionOf(node);
    const data = allocate(output.dtype, x.data.length);
    const table =
      output.dtype === 'u8' ? lookupTable(apply, scaleOf(node, x.type), scaleOf(node, output)) : undefined;
    for (let i = 0; i < data.length; i++) {
      const value = x.data[i] ?? 0;
      data[i] = table ? (table[value] ?? 0) : Math.fround(apply(value));
    }
    return [{ dtype: output.dtype, shape: output.shape, data }];
  };
}
