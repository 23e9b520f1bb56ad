import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernels } from '../../src/compile/kernels/table.js';
import type { Target } from '../../src/compile/plan.js';
import { cases } from '../conformance/cases.js';
import { goldenNetworks } from '../conformance/networks.js';
import { compileAny } from './compile-any.js';

const target: Target = { variant: 'relaxed', dot: 'usdot' };

/** Kernels of the plans of the golden networks and of generated graphs of every operation. */
function kernelsOfPlans(): ReadonlySet<string> {
  const graphs = Object.values(cases).flatMap((arbitrary) => fc.sample(arbitrary, { seed: 1, numRuns: 300 }));
  const all = [...graphs, ...goldenNetworks.map(({ make }) => make())];
  const plans = all.map(({ graph }) => compileAny(graph, target));
  return new Set(plans.flatMap(({ steps, packings }) => [...steps, ...packings].map(({ kernel }) => kernel)));
}

test('every kernel of the table is used by the lowering of some operation', () => {
  const used = kernelsOfPlans();
  expect(kernels.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
});
