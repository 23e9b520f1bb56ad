import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromNir, type NirOptions } from '../../../src/format/nir/index.js';
import { array, chain, list, type NodeSpec, nirFile } from './nir-file.js';
import { refusal, runNir } from './run.js';

const timeStep = 1e-3;
const steps = 20;
const neurons = 3;

/** What forward Euler makes of a layer, in double precision: membranes, or spikes of those that fire. */
function euler(
  type: string,
  p: Readonly<Record<string, readonly number[]>>,
  input: readonly number[],
): number[] {
  const value = (name: string, n: number): number => p[name]?.[n] ?? 0;
  const out: number[] = [];
  const u = [0, 0, 0];
  const synapse = [0, 0, 0];
  for (let t = 0; t < steps; t++) {
    for (let n = 0; n < neurons; n++) {
      let current = input[t * neurons + n] ?? 0;
      let v = u[n] ?? 0;
      if (type.startsWith('Cuba')) {
        const before = synapse[n] ?? 0;
        current = before + (timeStep / value('tau_syn', n)) * (value('w_in', n) * current - before);
        synapse[n] = current;
      }
      const tau = type === 'I' || type === 'IF' ? 0 : value(type.startsWith('Cuba') ? 'tau_mem' : 'tau', n);
      v +=
        tau === 0
          ? value('r', n) * current
          : (timeStep / tau) * (value('v_leak', n) - v + value('r', n) * current);
      const fires = type.endsWith('F') && v > value('v_threshold', n);
      if (fires) v = 'v_reset' in p ? value('v_reset', n) : v - value('v_threshold', n);
      u[n] = v;
      out.push(type.endsWith('F') ? Number(fires) : v);
    }
  }
  return out;
}

const parameters: Readonly<Record<string, readonly string[]>> = {
  I: ['r'],
  IF: ['r', 'v_threshold'],
  LI: ['tau', 'r', 'v_leak'],
  LIF: ['tau', 'r', 'v_leak', 'v_threshold'],
  CubaLI: ['tau_syn', 'tau_mem', 'r', 'v_leak', 'w_in'],
  CubaLIF: ['tau_syn', 'tau_mem', 'r', 'v_leak', 'w_in', 'v_threshold'],
};

const f32 = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map(Math.fround);
const ofNeurons = (value: fc.Arbitrary<number>) =>
  fc.oneof(
    value.map((x) => [x, x, x]),
    fc.array(value, { minLength: neurons, maxLength: neurons }),
  );

const bounds: Readonly<Record<string, readonly [number, number]>> = {
  tau: [2e-3, 2e-2],
  tau_syn: [2e-3, 1e-2],
  tau_mem: [2e-3, 2e-2],
  r: [0.5, 2],
  v_leak: [-0.5, 0.5],
  w_in: [0.5, 3],
  v_threshold: [0.3, 1],
};

const zeros = fc.constant([0, 0, 0]);
const parameter = (name: string) => {
  const values = ofNeurons(f32(...(bounds[name] ?? [0, 1])));
  return name === 'v_leak' ? fc.oneof(zeros, values) : values;
};
const layerOf = (type: string) =>
  fc.record(Object.fromEntries((parameters[type] ?? []).map((name) => [name, parameter(name)])));

const inputs = fc.array(f32(-1, 3), { minLength: steps * neurons, maxLength: steps * neurons });

describe('neurons follow their equations by forward Euler', () => {
  test.each(Object.keys(parameters))('%s', async (type) => {
    await fc.assert(
      fc.asyncProperty(layerOf(type), inputs, async (layer, input) => {
        const fields = Object.fromEntries(
          Object.entries(layer).map(([name, values]) => [name, list(...values)]),
        );
        const node: NodeSpec = { type, ...fields };
        const actual = await runNir(chain([neurons], { node }, [neurons]), { steps, timeStep }, input);
        const expected = euler(type, layer, input);
        // A membrane within rounding of its threshold may fire a step apart: a rare tie, no reason to fail.
        if (type.endsWith('F')) {
          const different = actual.filter((spike, i) => spike !== expected[i]).length;
          expect(different).toBeLessThanOrEqual(2);
        } else {
          for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
        }
      }),
      { numRuns: 12 },
    );
  });

  const leaky: NodeSpec = {
    type: 'LIF',
    tau: array([1], [0.002], '<d'),
    r: list(1),
    v_leak: list(0),
    v_threshold: list(0.7),
  };

  test('gain and bias go into the weights before a layer', async () => {
    const affine = { type: 'Affine', weight: array([1, 2], [1, 3]), bias: list(2) };
    const lif = { ...leaky, v_leak: list(0.5) };
    const graph = fromNir(await nirFile(chain([2], { affine, lif }, [1])), { steps: 4, timeStep });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['linear', 'lif']);
    expect(Array.from(graph.constants.get('affine.weight')?.data ?? [])).toEqual([0.5, 1.5]);
    expect(Array.from(graph.constants.get('affine.bias')?.data ?? [])).toEqual([1.25]);
  });

  test('weights that another node reads too stay as they are', async () => {
    const spec = chain([1], { w: { type: 'Linear', weight: array([1, 1], [1]) }, lif: leaky }, [1]);
    const shared = { ...spec, edges: [...spec.edges, ['w', 'out'] as const] };
    expect(await runNir(shared, { steps: 2, timeStep }, [1, 1])).toEqual([1, 2]);
  });
});

const strong: NodeSpec = { type: 'IF', r: list(1), v_threshold: list(1) };
const spikes = (node: NodeSpec, options: Partial<NirOptions>, values: number[]) =>
  runNir(chain([1], { node }, [1]), { steps: values.length, ...options }, values);

describe('conventions', () => {
  const values = [1, 1.5, 0.75, 0.5, 1];

  test('files without v_reset take the threshold off, those with one set it', async () => {
    expect(await spikes(strong, {}, values)).toEqual([0, 1, 1, 1, 1]);
    expect(await spikes({ ...strong, v_reset: list(0) }, {}, values)).toEqual([0, 1, 0, 1, 0]);
    expect(await spikes({ ...strong, v_reset: list(0.5) }, {}, values)).toEqual([0, 1, 1, 0, 1]);
  });

  test('the reset can be chosen', async () => {
    expect(await spikes(strong, { reset: 'value' }, values)).toEqual([0, 1, 0, 1, 0]);
    expect(await spikes({ ...strong, v_reset: list(0) }, { reset: 'subtract' }, values)).toEqual([
      0, 1, 1, 1, 1,
    ]);
  });

  test('a delayed reset swallows the input of the step after a spike', async () => {
    expect(await spikes(strong, { reset: 'value', delayedReset: true }, [2, 5, 0.5, 1, 0])).toEqual([
      1, 0, 0, 1, 0,
    ]);
  });

  test('neurons fire above the threshold, or at it where that is asked for', async () => {
    expect(await spikes(strong, {}, [1, 0])).toEqual([0, 0]);
    expect(await spikes(strong, { inclusive: true }, [1, 0])).toEqual([1, 0]);
  });

  test('I and IF add R times the input in a step, or in a second', async () => {
    const node = { type: 'I', r: list(2) };
    expect(await spikes(node, {}, [1, 1])).toEqual([2, 4]);
    expect(await spikes(node, { integration: 'time', timeStep: 0.25 }, [1, 1])).toEqual([0.5, 1]);
  });

  test('a step must be known for what has times, and not longer than they are', async () => {
    const lif = { type: 'LIF', tau: list(0.002), r: list(1), v_leak: list(0), v_threshold: list(1) };
    const bytes = await nirFile(chain([1], { lif }, [1]));
    expect(refusal(bytes, { steps: 1 })).toMatchObject({ code: 'invalid-option', where: 'timeStep' });
    const error = refusal(bytes, { steps: 1, timeStep: 0.01 });
    expect(error).toMatchObject({ code: 'invalid-option', where: 'timeStep' });
    expect(error.message).toContain("0.01 seconds are longer than tau of node 'lif'");
  });
});
