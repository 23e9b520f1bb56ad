import fc from 'fast-check';
import { type GraphBuilder, graphBuilder, type NodeOptions, quantization } from '../../src/graph/builder.js';
import { interpret } from '../../src/graph/interpret.js';
import type { OperationName } from '../../src/graph/ops/table.js';
import { dequantize } from '../../src/graph/quantized.js';
import {
  type Constant,
  elementCount,
  type Quantization,
  type Tensor,
  type TensorType,
} from '../../src/graph/tensor.js';

/** An operand of a one-node graph: fed in as an input, or a constant. */
export type Operand =
  | { readonly tensor: Tensor; readonly quantization?: Quantization }
  | { readonly constant: Constant };

export const f32 = (shape: readonly number[], values: Iterable<number>): Operand => ({
  tensor: { dtype: 'f32', shape, data: Float32Array.from(values) },
});

export const u8 = (shape: readonly number[], values: Iterable<number>, q: Quantization): Operand => ({
  tensor: { dtype: 'u8', shape, data: Uint8Array.from(values) },
  quantization: q,
});

export const constant = (value: Constant): Operand => ({ constant: value });

function addOperand(g: GraphBuilder, operand: Operand, name: string): string {
  if ('constant' in operand) return g.constant(name, operand.constant);
  const { dtype, shape } = operand.tensor;
  const type: TensorType = operand.quantization
    ? { dtype, shape, quantization: operand.quantization }
    : { dtype, shape };
  return g.input(name, type);
}

/** Runs one node over its operands through a validated graph. */
export function runNode<Op extends OperationName>(
  op: Op,
  operands: readonly Operand[],
  options: NodeOptions<Op> = {},
): Tensor {
  const g = graphBuilder('one node');
  const names = operands.map((operand, i) => addOperand(g, operand, `x${i}`));
  if (!operands.some((operand) => 'tensor' in operand)) g.input('unused', { dtype: 'f32', shape: [1] });
  g.output(g.node(op, names, { ...options, name: 'y' }));
  const graph = g.build();
  const inputs = Object.fromEntries(
    operands.flatMap((operand, i) => ('tensor' in operand ? [[`x${i}`, operand.tensor]] : [])),
  );
  const unused = { unused: { dtype: 'f32', shape: [1], data: Float32Array.of(0) } } as const;
  const { y } = interpret(graph, Object.keys(inputs).length > 0 ? inputs : unused);
  if (!y) throw new Error('the graph has no output y');
  return y;
}

export const values = (tensor: Tensor): number[] => Array.from(tensor.data);

/** The real numbers that a u8 value stands for. */
export const reals = (data: Iterable<number>, q: Quantization): number[] =>
  Array.from(data, (value) => dequantize(value, q));

/** Moderate floats, exact in f32. */
export const float = (): fc.Arbitrary<number> => fc.integer({ min: -4096, max: 4096 }).map((n) => n / 256);

export const floats = (count: number): fc.Arbitrary<number[]> =>
  fc.array(float(), { minLength: count, maxLength: count });

export const bytes = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: 255 }), { minLength: count, maxLength: count });

export const quantizations = (): fc.Arbitrary<Quantization> =>
  fc
    .tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 0, max: 255 }))
    .map(([scale, zeroPoint]) => quantization(scale / 10000, zeroPoint));

export const shapes = (rank: { min: number; max: number }, largest = 4): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: largest }), { minLength: rank.min, maxLength: rank.max });

/** A shape together with that many f32 values. */
export const f32Operand = (shape: readonly number[]): fc.Arbitrary<Operand> =>
  floats(elementCount(shape)).map((data) => f32(shape, data));

export const u8Operand = (shape: readonly number[], q: Quantization): fc.Arbitrary<Operand> =>
  bytes(elementCount(shape)).map((data) => u8(shape, data, q));

export function dataOf(operand: Operand): number[] {
  return Array.from('tensor' in operand ? operand.tensor.data : operand.constant.data);
}

/** Expects every u8 to be the nearest to its real value, up to half a step and f32 rounding, or saturated. */
export function expectNearest(actual: Iterable<number>, expected: readonly number[], q: Quantization): void {
  const [least, greatest] = [dequantize(0, q), dequantize(255, q)];
  let i = 0;
  for (const value of actual) {
    const target = Math.min(Math.max(expected[i] ?? Number.NaN, least), greatest);
    const error = Math.abs(dequantize(value, q) - target) / q.scale;
    const slack = 0.5 + 1e-3 + Math.abs(target / q.scale) * 1e-6;
    if (!(error <= slack)) {
      throw new Error(`element ${i} is ${value}, ${error} steps from the real value ${expected[i]}`);
    }
    i++;
  }
  if (i !== expected.length) throw new Error(`has ${i} elements, expected ${expected.length}`);
}
