import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPart, checkTrusted, headerOf, modelIdentity } from '../../src/devices/trust.js';
import { SpikeletError } from '../../src/error.js';
import { pack } from '../../src/format/spikelet.js';
import type { Graph } from '../../src/graph/graph.js';
import { layersOf, stageGraph } from '../../src/pipeline/index.js';
import { residual } from '../pipeline/run/networks.js';

const { graph } = residual;
const layers = layersOf(graph);
const header = headerOf(pack(graph));
const stage = (begin: number, end: number): Graph => stageGraph(graph, layers, begin, end);

/** The graph with one weight that differs in its last bit. */
function withOtherWeight(given: Graph): Graph {
  const [entry] = [...given.constants].filter(([, { data }]) => data instanceof Float32Array);
  if (!entry) throw new Error('has no weights');
  const [name, constant] = entry;
  const data = Float32Array.from(constant.data);
  data[0] = Math.fround((data[0] ?? 0) * (1 + 2 ** -22));
  return {
    ...given,
    constants: new Map(given.constants).set(name, { dtype: 'f32', shape: constant.shape, data }),
  };
}

describe('the identity of a model', () => {
  test('is that of its file, and the same each time', async () => {
    expect(await modelIdentity(graph)).toMatch(/^[0-9a-f]{64}$/);
    expect(await modelIdentity(graph)).toBe(await modelIdentity(graph));
  });

  test('is another for a weight that differs in a bit', async () => {
    expect(await modelIdentity(withOtherWeight(graph))).not.toBe(await modelIdentity(graph));
  });

  test('decides what a device runs', () => {
    expect(() => checkTrusted('a', ['b'])).toThrow(SpikeletError);
    expect(() => checkTrusted('a', [])).toThrow('start it with the identity a');
    expect(() => checkTrusted('a', ['b', 'a'])).not.toThrow();
    expect(() => checkTrusted('a', 'any')).not.toThrow();
  });
});

describe('the file of a stage', () => {
  test('is a part of its model, for any cut', () => {
    fc.assert(
      fc.property(fc.nat(layers.length - 1), fc.nat(), (begin, more) => {
        const end = begin + 1 + (more % (layers.length - begin));
        expect(() => checkPart(pack(stage(begin, end)), header)).not.toThrow();
      }),
    );
  });

  test.each<readonly [string, Graph, string]>([
    ['other weights', withOtherWeight(stage(1, 3)), 'is not that of the model'],
    ['nodes in another order', { ...stage(1, 3), nodes: [...stage(1, 3).nodes].reverse() }, 'not a run'],
    ['a node left out', { ...stage(0, 4), nodes: stage(0, 4).nodes.filter((_, i) => i !== 2) }, 'not a run'],
    ['no nodes', { ...stage(0, 1), nodes: [] }, 'not a run'],
    [
      'a constant of its own',
      {
        ...stage(1, 3),
        constants: new Map(stage(1, 3).constants).set('mine', {
          ...{ dtype: 'f32', shape: [1], data: Float32Array.of(1) },
        }),
      },
      "constant 'mine' is not that of the model",
    ],
  ])('with %s is refused', (_, graphOfStage, message) => {
    expect(() => checkPart(pack(graphOfStage), header)).toThrow(message);
  });

  test('that is damaged gives a typed error', () => {
    const file = pack(stage(1, 2));
    fc.assert(
      fc.property(fc.nat(headerOf(file).length - 1), fc.nat(255), (at, byte) => {
        const damaged = file.slice();
        fc.pre(damaged[at] !== byte);
        damaged[at] = byte;
        try {
          checkPart(damaged, header);
        } catch (error) {
          expect(error).toBeInstanceOf(SpikeletError);
        }
      }),
    );
  });
});
