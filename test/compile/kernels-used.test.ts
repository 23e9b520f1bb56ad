import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kernels } from '../../src/compile/kernels/table.js';
import type { Target } from '../../src/compile/plan.js';
import type { Graph } from '../../src/graph/graph.js';
import { cases } from '../conformance/cases.js';
import { goldenNetworks } from '../conformance/networks.js';
import { compileAny } from './compile-any.js';

const target: Target = { variant: 'relaxed', dot: 'usdot' };

const rounds = 12;
const graphsOfRound = (seed: number) =>
  Object.values(cases).flatMap((arbitrary) => fc.sample(arbitrary, { seed, numRuns: 25 }));

/** Kernels that no plan uses: of the golden networks, and of rounds of generated graphs until each kernel was seen. */
function unusedKernels(): readonly string[] {
  const unused = new Set(kernels.map(({ name }) => name));
  const see = (graph: Graph): void => {
    const { steps, packings } = compileAny(graph, target);
    for (const { kernel } of [...steps, ...packings]) unused.delete(kernel);
  };
  for (const { make } of goldenNetworks) see(make().graph);
  for (let seed = 1; seed <= rounds && unused.size > 0; seed++) {
    for (const { graph } of graphsOfRound(seed)) see(graph);
  }
  return [...unused];
}

test('every kernel of the table is used by the lowering of some operation', () => {
  expect(unusedKernels()).toEqual([]);
});
