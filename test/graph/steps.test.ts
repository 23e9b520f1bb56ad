import { describe, expect, test } from 'vitest';
import { f32Type, graphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { timeFlow, withSteps } from '../../src/graph/steps.js';

/** Two layers of neurons: the current of the first is given at every step, or once for all. */
function network(steps: number, isDirect: boolean): Graph {
  const g = graphBuilder('network');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const weight = g.constant('weight', {
    dtype: 'f32',
    shape: [2, 4],
    data: Float32Array.from({ length: 8 }, (_, i) => i / 8),
  });
  const x = g.input('x', f32Type([isDirect ? 1 : steps, 1, 2, 2]));
  const first = g.node('lif', [x, one, one], { attributes: { steps: isDirect ? steps : 0 } });
  const flat = g.node('reshape', [first], { attributes: { shape: [steps, 4] } });
  g.output(g.node('integrate', [g.node('linear', [flat, weight]), one], { name: 'y' }));
  return g.build();
}

const input = (steps: number) =>
  ({
    x: {
      dtype: 'f32',
      shape: [steps, 1, 2, 2],
      data: Float32Array.from({ length: 4 * steps }, (_, i) => (i % 7) / 4),
    },
  }) as const;

describe('withSteps', () => {
  test.each([
    ['over time', false],
    ['the same at every step', true],
  ])('gives the graph that was made for so many steps: input %s', (_what, isDirect) => {
    for (const steps of [1, 3, 6]) {
      const changed = withSteps(network(4, isDirect), steps);
      const given = input(isDirect ? 1 : steps);
      expect(interpret(changed, given)).toEqual(interpret(network(steps, isDirect), given));
    }
  });

  test('leads to one step and back', () => {
    for (const isDirect of [true, false]) {
      expect(withSteps(withSteps(network(4, isDirect), 1), 4)).toEqual(network(4, isDirect));
    }
  });

  test('knows what runs over time', () => {
    expect([...timeFlow(network(4, false)).temporal]).toEqual(expect.arrayContaining(['x', 'lif1']));
    const direct = timeFlow(network(4, true));
    expect(direct.steps).toBe(4);
    expect(direct.temporal.has('x')).toBe(false);
    expect(direct.temporal.has('y')).toBe(false);
  });

  test('refuses a graph without neurons', () => {
    const g = graphBuilder('none');
    g.output(g.node('relu', [g.input('x', f32Type([4, 1]))]));
    expect(() => withSteps(g.build(), 2)).toThrow(/has no lif or integrate node/);
  });

  test('refuses to cut time into pieces', () => {
    const g = graphBuilder('slice');
    const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    const spikes = g.node('lif', [g.input('x', f32Type([4, 1])), one, one]);
    g.output(g.node('slice', [spikes], { name: 'late', attributes: { starts: [2], ends: [4], axes: [0] } }));
    expect(() => withSteps(g.build(), 2)).toThrow(/node 'late' \(slice\): takes a range of the time axis/);
  });

  test('refuses layers of different numbers of steps', () => {
    const g = graphBuilder('two clocks');
    const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    const x = g.input('x', f32Type([1, 1]));
    g.output(g.node('lif', [x, one, one], { attributes: { steps: 2 } }));
    g.output(g.node('lif', [x, one, one], { attributes: { steps: 3 } }));
    expect(() => withSteps(g.build(), 2)).toThrow(/runs 3 steps, but 'lif1' runs 2/);
  });
});
