import { describe, expect, it } from 'vitest';
import { quantization } from '../../src/graph/builder.js';
import { interpret } from '../../src/graph/interpret.js';
import { Draw } from '../conformance/generate.js';
import { planRunner, runnableTargets } from '../conformance/run-plan.js';
import { compileAny } from './compile-any.js';

/** Layer normalization that is quantized at once, or read by somebody else too. */
function normalized(isShared: boolean) {
  const draw = new Draw(11);
  const g = draw.builder;
  const inputs = [draw.value('x', [3, 5, 24], 'f32'), g.constant('scale', draw.floats([24]))];
  const norm = g.node('layerNorm', inputs, { name: 'norm', attributes: { axis: 2 } });
  const q = g.node('quantize', [norm], { name: 'q', quantization: quantization(0.02, 131) });
  if (isShared) g.output(norm);
  return draw.finish(q);
}

describe.each(runnableTargets())('transformers compiled for $variant/$dot', (target) => {
  const run = planRunner(target);

  it('quantizes a layer normalization in one step, to the same bytes', () => {
    const [alone, shared] = [normalized(false), normalized(true)];
    const fused = compileAny(alone.graph, target);
    const apart = compileAny(shared.graph, target);
    expect(fused.steps.map(({ kernel }) => kernel)).toEqual(['u8_layer_norm']);
    expect(apart.steps.map(({ kernel }) => kernel)).toEqual(['f32_layer_norm', 'u8_quantize']);
    const bytes = run(fused, alone.inputs, 'parts').q?.data;
    expect(bytes).toEqual(run(apart, shared.inputs, 'whole').q?.data);
    expect(new Set(bytes).size).toBeGreaterThan(100);
  });

  it('attends to more keys than are computed at once without their whole matrix of scores', () => {
    const draw = new Draw(2);
    const shape = [1, 600, 4];
    const names = ['q', 'k', 'v'].map((name) => draw.value(name, shape, 'f32'));
    const { graph, inputs } = draw.finish(
      draw.builder.node('attention', names, { name: 'y', attributes: { heads: 1, scale: 0.3 } }),
    );
    const plan = compileAny(graph, target);
    const scores = plan.blocks.find(({ name }) => name === 'y.scores');
    expect(scores?.bytes).toBeLessThan((600 * 600 * 4) / 2);
    const [actual, expected] = [run(plan, inputs, 'whole').y, interpret(graph, inputs).y];
    expected?.data.forEach((value, i) => {
      expect(actual?.data[i]).toBeCloseTo(value, 4);
    });
  });
});
