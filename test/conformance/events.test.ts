import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/graph/interpret.js';
import { compileAny } from '../compile/compile-any.js';
import { drawn } from './generate.js';
import { emulatedTargets, planRunner } from './run-plan.js';
import { layerOverSpikes } from './spiking.js';

const isList = ({ kernel }: { readonly kernel: string }): boolean => kernel.startsWith('u8_list_');

describe.each(emulatedTargets())('layers over spikes, $name', ({ target, modules }) => {
  const run = planRunner(target, modules);

  it('give the bits of the reference event-driven, dense and as the number of spikes decides', () => {
    let lists = 0;
    fc.assert(
      fc.property(drawn(layerOverSpikes), ({ graph, inputs }) => {
        const expected = interpret(graph, inputs);
        for (const choices of [{ events: 'always' }, { events: 'never' }, {}] as const) {
          const plan = compileAny(graph, target, choices);
          if (choices.events === 'always') lists += plan.steps.filter(isList).length;
          if (choices.events === 'never') expect(plan.steps.some(isList)).toBe(false);
          for (const split of ['whole', 'parts'] as const) {
            const actual = run(plan, inputs, split);
            for (const { name } of graph.outputs) expect(actual[name]?.data).toEqual(expected[name]?.data);
          }
        }
      }),
      { numRuns: 40 },
    );
    expect(lists).toBeGreaterThan(20);
  });
});
