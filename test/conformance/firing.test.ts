import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/graph/interpret.js';
import { compileAny } from '../compile/compile-any.js';
import { drawn } from './generate.js';
import { emulatedTargets, planRunner } from './run-plan.js';
import { neuronsOverSpikes } from './spiking.js';

describe.each(emulatedTargets())('neurons computed with the layer before, $name', ({ target, modules }) => {
  const run = planRunner(target, modules);

  it.each([
    {},
    { events: 'always' },
  ] as const)('fire as the reference and as by calls of their own, whole and in parts: %o', (choices) => {
    fc.assert(
      fc.property(drawn(neuronsOverSpikes), ({ graph, inputs }) => {
        const expected = interpret(graph, inputs);
        const together = compileAny(graph, target, { ...choices, neurons: 'together' });
        const apart = compileAny(graph, target, { ...choices, neurons: 'apart' });
        expect(together.steps.some(({ kernel }) => kernel === 'f32_lif')).toBe(false);
        expect(apart.steps.some(({ kernel }) => kernel === 'f32_lif')).toBe(true);
        for (const { name } of graph.outputs) {
          for (const split of ['whole', 'parts'] as const) {
            expect(run(together, inputs, split)[name]?.data).toEqual(expected[name]?.data);
            expect(run(apart, inputs, split)[name]?.data).toEqual(expected[name]?.data);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
