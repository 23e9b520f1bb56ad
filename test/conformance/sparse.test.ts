import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { quantization, weightConstant } from '../../src/graph/builder.js';
import { interpret } from '../../src/graph/interpret.js';
import { compileAny } from '../compile/compile-any.js';
import { cases } from './cases.js';
import { type Case, Draw, drawn } from './generate.js';
import { goldenNetworks, outputName, sha256 } from './networks.js';
import { planRunner, runnableTargets } from './run-plan.js';
import { fullyConnected, prunedLinear } from './weighted.js';

/** Whether a layer has sparse kernels: u8 to u8 over two axes, without groups. */
const canBeSparse = ({ graph }: Case): boolean =>
  graph.inputs.some(({ type }) => type.dtype === 'u8' && type.shape.length === 4) &&
  graph.nodes.some(
    (node) => node.op === 'conv' && node.quantization !== undefined && node.attributes.groups === 1,
  );

const layers = fc.oneof(
  cases.conv.filter(canBeSparse),
  drawn(prunedLinear),
  drawn(fullyConnected).filter(({ graph }) =>
    graph.nodes.some(({ quantization }) => quantization !== undefined),
  ),
);

const planeForms = [
  ['irregular', 'u8i8_sparse_1x32'],
  ['grouped', 'u8i8_grouped_1x32'],
] as const;

const forms = [...planeForms, ['gathered', 'u8i8_gathered_1x8']] as const;

/** A convolution of few weights whose outputs have a scale of their own. */
function prunedConvolution(scale: number): Case {
  const draw = new Draw(5);
  const { builder } = draw;
  const x = draw.value('x', [1, 8, 6, 6], 'u8', quantization(1, 128));
  const weights = Array.from({ length: 8 * 8 * 9 }, (_, i) => (i % 11 === 0 ? 100 - (i % 200) : 0));
  const weight = builder.constant('w', weightConstant([8, 8, 3, 3], weights, Array(8).fill(1), 8));
  const bias = builder.constant('b', { dtype: 'i32', shape: [8], data: new Int32Array(8).fill(1 << 20) });
  return draw.finish(builder.node('conv', [x, weight, bias], { quantization: quantization(scale, 7) }));
}

test.each(
  planeForms,
)('sums too large to clamp after rounding are left to dense kernels, %s', (sparse, kernel) => {
  const target = { variant: 'simd', dot: 'i16' } as const;
  const kernels = (scale: number) =>
    compileAny(prunedConvolution(scale).graph, target, { sparse }).steps.map((step) => step.kernel);
  expect(kernels(1)).toContain(kernel);
  expect(kernels(0.25)).not.toContain(kernel);
});

describe.each(runnableTargets())('sparse layers forced for $variant/$dot', (target) => {
  const run = planRunner(target);

  it.each(forms)('gives the bytes of the reference, %s, whole and in parts', (sparse, kernel) => {
    fc.assert(
      fc.property(layers, ({ graph, inputs }) => {
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

  it.each(forms)('gives the bytes of the reference for the largest sums, %s', (sparse, kernel) => {
    const { graph, inputs } = prunedConvolution(1);
    const plan = compileAny(graph, target, { sparse });
    expect(plan.steps.map((step) => step.kernel)).toContain(kernel);
    const expected = interpret(graph, inputs);
    for (const [name, { data }] of Object.entries(run(plan, inputs, 'whole')))
      expect(data).toEqual(expected[name]?.data);
  });

  it.each(forms)('gives the golden bytes of whole networks, %s', async (sparse) => {
    for (const { make, hash } of goldenNetworks) {
      const { graph, inputs } = make();
      const data = run(compileAny(graph, target, { sparse }), inputs, 'parts')[outputName(graph)]?.data;
      expect(await sha256(data instanceof Uint8Array ? data : new Uint8Array())).toBe(hash);
    }
  });
});
