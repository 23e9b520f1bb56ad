import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/graph/interpret.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { compileAny } from '../compile/compile-any.js';
import { goldenNetworks, outputName, sha256 } from './networks.js';
import { planRunner, runnableTargets } from './run-plan.js';

const hashOf = (tensor: Tensor | undefined): Promise<string> =>
  sha256(tensor?.data instanceof Uint8Array ? tensor.data : new Uint8Array());

describe.each(goldenNetworks)('integer network: $name', ({ make, hash }) => {
  const { graph, inputs } = make();
  const output = outputName(graph);

  it('is not constant', () => {
    const data = interpret(graph, inputs)[output]?.data ?? [];
    expect(new Set(data).size).toBeGreaterThan(4);
  });

  it('gives the golden bytes in the reference', async () => {
    expect(await hashOf(interpret(graph, inputs)[output])).toBe(hash);
  });

  it.each(
    runnableTargets(),
  )('gives the golden bytes in $variant/$dot, whole and in parts', async (target) => {
    const run = planRunner(target);
    const plan = compileAny(graph, target);
    expect(await hashOf(run(plan, inputs, 'whole')[output])).toBe(hash);
    expect(await hashOf(run(plan, inputs, 'parts')[output])).toBe(hash);
  });
});
