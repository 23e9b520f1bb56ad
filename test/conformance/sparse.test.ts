import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/graph/interpret.js';
import { compileAny } from '../compile/compile-any.js';
import { cases } from './cases.js';
import type { Case } from './generate.js';
import { goldenNetworks, outputName, sha256 } from './networks.js';
import { planRunner, runnableTargets } from './run-plan.js';

/** Whether a convolution has sparse kernels: u8 to u8 over two axes, without groups. */
const canBeSparse = ({ graph }: Case): boolean =>
  graph.inputs.some(({ type }) => type.dtype === 'u8' && type.shape.length === 4) &&
  graph.nodes.some(
    (node) => node.op === 'conv' && node.quantization !== undefined && node.attributes.groups === 1,
  );

const forms = [
  ['irregular', 'u8i8_sparse_1x32'],
  ['grouped', 'u8i8_grouped_1x32'],
] as const;

describe.each(runnableTargets())('sparse convolution forced for $variant/$dot', (target) => {
  const run = planRunner(target);

  it.each(forms)('gives the bytes of the reference, %s, whole and in parts', (sparse, kernel) => {
    fc.assert(
      fc.property(cases.conv.filter(canBeSparse), ({ graph, inputs }) => {
        const expected = interpret(graph, inputs);
        const plan = compileAny(graph, target, { sparse });
        expect(plan.steps.map((step) => step.kernel)).toContain(kernel);
        for (const split of ['whole', 'parts'] as const) {
          const actual = run(plan, inputs, split);
          for (const { name } of graph.outputs) expect(actual[name]?.data).toEqual(expected[name]?.data);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(forms)('gives the golden bytes of whole networks, %s', async (sparse) => {
    for (const { make, hash } of goldenNetworks) {
      const { graph, inputs } = make();
      const data = run(compileAny(graph, target, { sparse }), inputs, 'parts')[outputName(graph)]?.data;
      expect(await sha256(data instanceof Uint8Array ? data : new Uint8Array())).toBe(hash);
    }
  });
});
