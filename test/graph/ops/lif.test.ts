import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { f32Type, graphBuilder, type NodeOptions, quantization } from '../../../src/graph/builder.js';
import { interpret } from '../../../src/graph/interpret.js';
import { nodeCost } from '../../../src/graph/types.js';
import { validateGraph } from '../../../src/graph/validate.js';
import { constant, f32, type Operand, runNode, values } from '../run.js';

type LifOptions = NonNullable<NodeOptions<'lif'>['attributes']>;

const fixed = (shape: readonly number[], data: readonly number[]): Operand =>
  constant({ dtype: 'f32', shape, data: Float32Array.from(data) });

interface Layer {
  readonly threshold?: number;
  readonly leak?: number;
  readonly synapticLeak?: number;
  readonly attributes?: LifOptions;
}

/** Spikes and membranes of one neuron over time. */
function neuron(
  current: readonly number[],
  { threshold = 1, leak = 1, synapticLeak, attributes = {} }: Layer,
) {
  const g = graphBuilder('neuron');
  const parameters = [threshold, leak, synapticLeak].flatMap((value, i) =>
    value === undefined
      ? []
      : [g.constant(`p${i}`, { dtype: 'f32', shape: [1], data: Float32Array.of(value) })],
  );
  const x = g.input('x', f32Type([current.length, 1]));
  const s = g.node('lif', [x, ...parameters], { name: 's', attributes, moreOutputs: ['u'] });
  g.output(s);
  g.output('u');
  const results = interpret(g.build(), {
    x: { dtype: 'f32', shape: [current.length, 1], data: Float32Array.from(current) },
  });
  return { spikes: [...(results.s?.data ?? [])], membrane: [...(results.u?.data ?? [])] };
}

const constantCurrent = (value: number, steps: number): number[] => new Array<number>(steps).fill(value);

describe('lif', () => {
  test('a constant current of 0.625 over five steps', () => {
    const { spikes, membrane } = neuron(constantCurrent(0.625, 5), {});
    expect(spikes).toEqual([0, 1, 0, 1, 1]);
    expect(membrane).toEqual([0.625, 0.25, 0.875, 0.5, 0.125]);
  });

  test('fires above its threshold, not at it; inclusive fires at it', () => {
    expect(neuron([1, 0, 0], {}).spikes).toEqual([0, 0, 0]);
    expect(neuron([1, 0, 0], { attributes: { inclusive: true } }).spikes).toEqual([1, 0, 0]);
  });

  test('membrane plus threshold times spikes is current times steps', () => {
    const dyadic = fc.integer({ min: 0, max: 512 }).map((n) => n / 256);
    fc.assert(
      fc.property(dyadic, fc.integer({ min: 1, max: 40 }), (current, steps) => {
        const { spikes, membrane } = neuron(constantCurrent(current, steps), {});
        const fired = spikes.reduce((sum, s) => sum + s, 0);
        expect((membrane.at(-1) ?? Number.NaN) + fired).toBe(current * steps);
      }),
    );
  });

  test('several samples beside each other fire as each alone', () => {
    const currents = [
      [0.5, 0.9, 0.25, 1.5],
      [2, -1, 0.75, 0.5],
      [0, 0, 3, 0.125],
    ];
    const g = graphBuilder('samples');
    const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    const x = g.input('x', f32Type([12, 1]));
    g.output(g.node('lif', [x, one, one], { name: 's', attributes: { samples: 3 } }));
    const data = Float32Array.from({ length: 12 }, (_, i) => currents[i % 3]?.[Math.floor(i / 3)] ?? 0);
    const graph = g.build();
    const { s } = interpret(graph, { x: { dtype: 'f32', shape: [12, 1], data } });
    currents.forEach((current, sample) => {
      const own = [...(s?.data ?? [])].filter((_, i) => i % 3 === sample);
      expect(own).toEqual(neuron(current, {}).spikes);
    });
    const [node] = graph.nodes;
    const type = { dtype: 'f32', shape: [12, 1] } as const;
    expect(
      node &&
        nodeCost(
          graph,
          new Map([
            ['x', type],
            ['s', type],
          ]),
          node,
        ).neurons,
    ).toBe(3);
  });

  test('refuses samples that the first axis does not hold', () => {
    const g = graphBuilder('samples');
    const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    g.output(g.node('lif', [g.input('x', f32Type([10, 1])), one, one], { attributes: { samples: 3 } }));
    expect(() => validateGraph(g.build())).toThrow(/3 samples.*10/);
  });

  test('the leak multiplies the membrane before the current is added', () => {
    expect(neuron([1, 1, 1], { threshold: 100, leak: 0.5 }).membrane).toEqual([1, 1.5, 1.75]);
  });

  test('reset to a value', () => {
    const attributes = { reset: 'value', resetValue: -0.5 } as const;
    const { spikes, membrane } = neuron([3, 1, 1], { attributes });
    expect(spikes).toEqual([1, 0, 1]);
    expect(membrane).toEqual([-0.5, 0.5, -0.5]);
  });

  test('without a reset the membrane only grows', () => {
    const { spikes, membrane } = neuron([1, 1, 1], { attributes: { reset: 'none' } });
    expect(spikes).toEqual([0, 1, 1]);
    expect(membrane).toEqual([1, 2, 3]);
  });

  test('a delayed reset comes with the next step, after leak and current', () => {
    const { spikes, membrane } = neuron([1.5, 1, 1], { leak: 0.5, attributes: { delayedReset: true } });
    expect(spikes).toEqual([1, 0, 1]);
    expect(membrane).toEqual([1.5, 0.75, 1.375]);
  });

  test('a delayed reset to a value forgets the current of that step', () => {
    const attributes = { delayedReset: true, reset: 'value', resetValue: 0 } as const;
    expect(neuron([1.5, 1, 1.25], { attributes }).membrane).toEqual([1.5, 0, 1.25]);
  });

  test('fires once at most', () => {
    const { spikes, membrane } = neuron([2, 2, 2], { attributes: { once: true } });
    expect(spikes).toEqual([1, 0, 0]);
    expect(membrane).toEqual([1, 3, 5]);
  });

  test('rests after a spike: neither integrates nor fires', () => {
    const { spikes, membrane } = neuron([1.5, 9, 9, 0.75, 0], { attributes: { refractory: 2 } });
    expect(spikes).toEqual([1, 0, 0, 1, 0]);
    expect(membrane).toEqual([0.5, 0.5, 0.5, 0.25, 0.25]);
  });

  test('a synapse with a leak of its own keeps the current', () => {
    const { membrane } = neuron([1, 0, 0], { threshold: 100, synapticLeak: 0.5 });
    expect(membrane).toEqual([1, 1.5, 1.75]);
  });

  test('spikes come back as current one step later', () => {
    const spikes = runNode('lif', [
      f32([3, 2], [2, 0, 0, 0, 0, 0]),
      fixed([1], [1]),
      fixed([1], [0]),
      fixed([1], [0]),
      fixed([2, 2], [0, 4, 3, 0]),
    ]);
    expect(values(spikes)).toEqual([1, 0, 0, 1, 1, 0]);
  });

  test('a current of one step is the same at every step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 512 }), (steps, n) => {
        const parameters = [fixed([1], [1]), fixed([1], [0.5])];
        const direct = runNode('lif', [f32([1, 1], [n / 256]), ...parameters], { attributes: { steps } });
        const spread = runNode('lif', [f32([steps, 1], constantCurrent(n / 256, steps)), ...parameters]);
        expect(direct).toEqual(spread);
      }),
    );
  });

  test('parameters for all, for each channel or for each neuron', () => {
    const current = f32([1, 2, 1, 2], [1, 1, 1, 1]);
    const run = (shape: readonly number[], thresholds: readonly number[]) =>
      values(runNode('lif', [current, fixed(shape, thresholds), fixed([1], [1])]));
    expect(run([1], [0.5])).toEqual([1, 1, 1, 1]);
    expect(run([2], [0.5, 2])).toEqual([1, 1, 0, 0]);
    expect(run([2, 1, 2], [0.5, 2, 2, 0.5])).toEqual([1, 0, 0, 1]);
  });

  test('with weights of scale 1 it is integer arithmetic', () => {
    const integer = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        fc.array(integer, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 900 }),
        (x, v) => {
          let u = 0;
          const expected = x.map((current) => {
            u += current;
            const fires = u > v;
            if (fires) u -= v;
            return fires ? 1 : 0;
          });
          expect(neuron(x, { threshold: v }).spikes).toEqual(expected);
        },
      ),
    );
  });

  test('costs its neurons, and the products of recurrent weights', () => {
    const g = graphBuilder('layer');
    const x = g.input('x', f32Type([4, 3]));
    const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    const weight = g.constant('w', { dtype: 'f32', shape: [3, 3], data: new Float32Array(9) });
    g.output(g.node('lif', [x, one, one, '', weight]));
    const graph = g.build();
    const [node] = graph.nodes;
    expect(node && nodeCost(graph, validateGraph(graph), node)).toEqual({ macs: 36, neurons: 3 });
  });

  describe('refuses', () => {
    const one = fixed([1], [1]);
    test.each([
      [
        'steps that the input does not have',
        { steps: 3 },
        [one, one],
        /to run 3 steps, but its input \[2, 4\] has 2/,
      ],
      [
        'a parameter of another shape',
        {},
        [fixed([3], [1, 1, 1]), one],
        /threshold must have shape \[1\] or \[4\]/,
      ],
      ['a parameter that is computed', {}, [f32([1], [1]), one], /threshold must be a constant of f32/],
      ['infinite parameters', {}, [one, fixed([1], [Infinity])], /element 0 of input 2 is Infinity/],
      [
        'recurrent weights of another size',
        {},
        [one, one, one, fixed([2, 2], [1, 1, 1, 1])],
        /recurrent must be/,
      ],
      ['a reset too large for f32', { resetValue: 1e300 }, [one, one], /resetValue 1e\+300/],
      [
        'a delayed reset of a resting neuron',
        { delayedReset: true, refractory: 1 },
        [one, one],
        /cannot be combined/,
      ],
    ] as const)('%s', (_what, attributes, parameters, message) => {
      const x = f32([2, 4], new Array(8).fill(1));
      expect(() => runNode('lif', [x, ...parameters], { attributes })).toThrow(message);
    });

    test('a quantization of its own', () => {
      const run = () => runNode('lif', [f32([2, 1], [1, 1]), one, one], { quantization: quantization(1, 0) });
      expect(run).toThrow(/no quantization of their own/);
    });
  });
});
