import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { isOperationName, type OperationName, operations } from '../../src/graph/ops/table.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { compileAny } from '../compile/compile-any.js';
import { cases } from './cases.js';
import { Draw } from './generate.js';
import { planRunner, runnableTargets } from './run-plan.js';

/** Differences of f32 results from the reference: rounding of sums in another order, and polynomials. */
const relative = 2e-5;
const absolute = 2e-5;

/** Sums of products: their rounding errors follow the largest terms, for which the largest result stands. */
const sums: ReadonlySet<OperationName> = new Set(['conv', 'linear', 'matmul']);

/** Every rounding is part of their meaning: operations over time, and what is often quantized next. */
const exact: ReadonlySet<OperationName> = new Set([
  ...(['lif', 'integrate', 'delay', 'threshold', 'sumPool'] as const),
  'layerNorm',
]);

/** Whether f32 results have the bits of the reference: what neurons do with them would differ otherwise. */
const isExact = ({ inputs }: Graph, name: OperationName): boolean =>
  exact.has(name) || (sums.has(name) && inputs[0]?.type.dtype === 'u8');

function expectSame(
  actual: Tensor | undefined,
  expected: Tensor | undefined,
  name?: OperationName,
  bits = false,
): void {
  expect(actual?.shape).toEqual(expected?.shape);
  if (expected?.dtype !== 'f32' || bits) {
    expect(actual?.data).toEqual(expected?.data);
    return;
  }
  const values = [...expected.data];
  const largest = name && sums.has(name) ? Math.max(1, ...values.map(Math.abs)) : 1;
  values.forEach((value, i) => {
    const got = actual?.data[i] ?? Number.NaN;
    const bound = absolute * largest + relative * Math.abs(value);
    expect(
      Object.is(got, value) || Math.abs(got - value) <= bound,
      `element ${i}: ${got}, not ${value}`,
    ).toBe(true);
  });
}

const names = Object.keys(operations).filter(isOperationName) satisfies OperationName[];

describe.each(runnableTargets())('operations compiled for $variant/$dot', (target) => {
  const run = planRunner(target);

  it('does not overwrite an operand whose elements lie in another order than the result', () => {
    const draw = new Draw(1);
    const exponents = draw.builder.node('exp', [draw.value('x', [3, 4, 5], 'f32')]);
    const operands = [exponents, draw.value('y', [1, 3, 4, 5], 'f32')];
    const { graph, inputs } = draw.finish(draw.builder.node('add', operands));
    const expected = interpret(graph, inputs);
    const actual = run(compileAny(graph, target), inputs, 'whole');
    for (const { name: output } of graph.outputs) expectSame(actual[output], expected[output]);
  });

  it.each(names)('%s gives the result of its reference, whole and in parts', (name) => {
    fc.assert(
      fc.property(cases[name], ({ graph, inputs }) => {
        const expected = interpret(graph, inputs);
        const plan = compileAny(graph, target);
        for (const split of ['whole', 'parts'] as const) {
          const actual = run(plan, inputs, split);
          for (const { name: output } of graph.outputs) {
            expectSame(actual[output], expected[output], name, isExact(graph, name));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
