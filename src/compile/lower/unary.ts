import type { Node } from '../../graph/ops/table.js';
import { elementCount } from '../../graph/tensor.js';
import type { UnaryOperation } from '../../graph/unary.js';
import { lookupTable } from '../../graph/unary.js';
import { spanUnits } from '../kernels/tensor-units.js';
import { type Context, define, type Lowering, quantizationOf, use, type Value } from './context.js';

/** The f32 kernel of a function and its two constants. */
export interface UnaryKernel {
  readonly kernel: string;
  readonly alpha?: number;
  readonly beta?: number;
}

/** Lowers a function of one number to its f32 kernel, or to a table of 256 bytes for u8. */
export function lowerUnary<N extends Node>(
  operation: UnaryOperation<N>,
  kernelOf: (node: N) => UnaryKernel,
): Lowering<N> {
  return (context, fused) => {
    const x = use(context, fused, 0);
    const output = define(context, fused.output);
    if (output.type.dtype === 'u8') {
      lookUp(context, x, output, operation.functionOf(fused.node));
      return;
    }
    const { kernel, alpha = 0, beta = 0 } = kernelOf(fused.node);
    const elements = elementCount(x.type.shape);
    context.program.call(kernel, spanUnits(elements), {
      input: x.at,
      output: output.at,
      elements,
      alpha,
      beta,
    });
    context.program.mayOverwrite(x.at.buffer, output.at.buffer);
  };
}

export function lookUp(context: Context, x: Value, output: Value, apply: (x: number) => number): void {
  const elements = elementCount(x.type.shape);
  const table = context.program.constant(
    `${output.name}.table`,
    lookupTable(apply, quantizationOf(x), quantizationOf(output)),
  );
  context.program.call('u8_lookup', spanUnits(elements), { input: x.at, output: output.at, elements, table });
  context.program.mayOverwrite(x.at.buffer, output.at.buffer);
}
