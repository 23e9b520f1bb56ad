import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantize } from '../../src/compress/index.js';
import { f32Tensor } from '../../src/graph/builder.js';
import { interpret } from '../../src/graph/interpret.js';
import { elementCount } from '../../src/graph/tensor.js';
import { visionTransformer } from '../../tools/bench/transformers/vision.js';
import { compileAny } from '../compile/compile-any.js';
import { Draw, drawn } from './generate.js';
import { emulatedTargets, planRunner } from './run-plan.js';
import { attention } from './transformer.js';

const graph = visionTransformer('small', { features: 24, blocks: 2, heads: 3, patch: 4, side: 12 }, 7);

function image(seed: number) {
  const draw = new Draw(seed);
  const shape = graph.inputs[0]?.type.shape ?? [];
  return {
    image: f32Tensor(
      shape,
      draw.list(elementCount(shape), () => draw.real(-1, 1)),
    ),
  };
}

describe.each(emulatedTargets())('attention of integers, $name', ({ target, modules }) => {
  it('has the bytes of the reference', () => {
    const run = planRunner(target, modules);
    let compared = 0;
    fc.assert(
      fc.property(drawn(attention), ({ graph, inputs }) => {
        if (graph.inputs[0]?.type.dtype !== 'u8') return;
        const plan = compileAny(graph, target);
        const expected = interpret(graph, inputs);
        for (const { name } of graph.outputs) {
          expect(run(plan, inputs, 'parts')[name]?.data).toEqual(expected[name]?.data);
        }
        compared++;
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(10);
  });
});

describe('a quantized vision transformer', async () => {
  const integer = await quantize(graph, [image(1), image(2)], {
    calibration: 'minmax',
    biasCorrection: false,
  });
  const [{ name } = { name: '' }] = integer.outputs;

  it.each(emulatedTargets())('has the scores of the reference, to the bit, $name', ({ target, modules }) => {
    const run = planRunner(target, modules);
    const plan = compileAny(integer, target);
    for (const seed of [3, 4, 5]) {
      const expected = interpret(integer, image(seed))[name]?.data;
      expect(new Set(expected).size).toBeGreaterThan(4);
      expect(run(plan, image(seed), 'whole')[name]?.data).toEqual(expected);
      expect(run(plan, image(seed), 'parts')[name]?.data).toEqual(expected);
    }
  });
});
