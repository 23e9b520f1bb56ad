import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, type PruneOptions, type PrunePattern, prune, quantize } from '../../src/compress/index.js';
import { greatestUnits, keptUnits } from '../../src/compress/prune/select.js';
import { unitsOf } from '../../src/compress/prune/units.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { validateGraph } from '../../src/graph/validate.js';
import { imagesFor, NetBuilder, netShapes, noise, plain, smallNet } from './nets.js';

const weightsOf = (graph: Graph): ReadonlyMap<string, ArrayLike<number>> =>
  new Map(
    graph.nodes.flatMap(({ op, name, inputs }) => {
      const data = graph.constants.get(inputs[1] ?? '')?.data;
      return data && (op === 'conv' || op === 'linear') ? [[name, data] as const] : [];
    }),
  );

const nonZeros = (data: ArrayLike<number> = []): number => Array.from(data).filter((w) => w !== 0).length;

const densityOf = (graph: Graph): number => {
  const all = [...weightsOf(graph).values()];
  return (
    all.reduce((sum, data) => sum + nonZeros(data), 0) / all.reduce((sum, { length }) => sum + length, 0)
  );
};

/** Four convolutions in a row that are wide enough for shares to mean something. */
function deepNet(seed = 3): Graph {
  const net = new NetBuilder(seed);
  let value = net.conv('stem', 'image', [16, 3, 3]);
  for (const name of ['a', 'b', 'c'])
    value = net.conv(name, net.plain('relu', `${name}.in`, [value]), [16, 16, 3]);
  const pooled = net.plain('globalAveragePool', 'gap', [net.plain('relu', 'last', [value])]);
  const attributes = { shape: [1, 16] };
  const flat = net.push({ op: 'reshape', name: 'flat', inputs: [pooled], outputs: ['flat'], attributes });
  return net.graph([1, 3, 6, 6], net.linear('logits', flat, [3, 16]));
}

const outputOf = (graph: Graph, image: ReturnType<typeof imagesFor>[number]): readonly number[] => [
  ...(interpret(graph, image)[graph.outputs[0]?.name ?? '']?.data ?? []),
];

describe('prune', () => {
  it.each(['irregular', 'grouped'] as const)('takes away the share asked for (%s)', (pattern) => {
    for (const sparsity of [0, 0.5, 0.8, 0.95]) {
      for (const scope of ['global', 'layer'] as const) {
        const pruned = prune(deepNet(), { sparsity, pattern, scope, edgeDensity: 0 });
        expect(Math.abs(densityOf(pruned) - (1 - sparsity))).toBeLessThan(0.01);
      }
    }
  });

  it('keeps the greatest weights of each layer, as they were', () => {
    const before = weightsOf(deepNet());
    for (const [name, data] of weightsOf(prune(deepNet(), { sparsity: 0.7 }))) {
      const real = Array.from(before.get(name) ?? []);
      const kept = Array.from(data);
      const least = Math.min(...kept.filter((w) => w !== 0).map(Math.abs));
      kept.forEach((w, i) => {
        if (w !== 0) expect(w).toBe(real[i]);
        else expect(Math.abs(real[i] ?? 0)).toBeLessThanOrEqual(least);
      });
    }
  });

  it('leaves the first and last layers at least half, or what is asked for', () => {
    for (const edgeDensity of [undefined, 0.8, 1]) {
      const pruned = weightsOf(prune(deepNet(), { sparsity: 0.9, edgeDensity }));
      for (const name of ['stem', 'logits']) {
        const data = pruned.get(name);
        expect(nonZeros(data) / (data?.length ?? 0)).toBeGreaterThanOrEqual(edgeDensity ?? 0.5);
      }
    }
  });

  it('does not mind the scale of a layer, and gives all the same density where asked to', () => {
    const graph = deepNet();
    const scaled = deepNet();
    const weight = scaled.constants.get('b.weight');
    weight?.data.forEach((w, i) => {
      weight.data[i] = w * 1024;
    });
    const counts = (from: Graph, scope: 'global' | 'layer'): readonly number[] =>
      [...weightsOf(prune(from, { sparsity: 0.9, scope })).values()].map(nonZeros);
    expect(counts(scaled, 'global')).toEqual(counts(graph, 'global'));
    expect(counts(graph, 'layer').slice(1, 4)).toEqual([230, 230, 230]);
  });

  it('takes four input channels at one window position together', () => {
    const pruned = prune(deepNet(), { sparsity: 0.8, pattern: 'grouped' });
    const data = weightsOf(pruned).get('b') ?? [];
    let empty = 0;
    for (let out = 0; out < 16; out++) {
      for (let tap = 0; tap < 9; tap++) {
        for (let first = 0; first < 16; first += 4) {
          const run = [0, 1, 2, 3].map((c) => data[(out * 16 + first + c) * 9 + tap] !== 0);
          expect(new Set(run).size).toBe(1);
          if (!run[0]) empty++;
        }
      }
    }
    expect(empty).toBeGreaterThan(300);
  });

  it('removes channels between convolutions, and computes the same as with them', () => {
    const pruned = prune(deepNet(), { sparsity: 0.5, pattern: 'channel' });
    validateGraph(pruned);
    const widths = ['stem', 'a', 'b'].map((name) => pruned.constants.get(`${name}.weight`)?.shape[0] ?? 16);
    expect(Math.max(...widths)).toBeLessThan(16);
    expect(pruned.constants.get('b.weight')?.shape[1]).toBe(widths[1]);
    expect(pruned.constants.get('logits.weight')).toEqual(deepNet().constants.get('logits.weight'));
    const masked = deepNet();
    for (const name of ['stem', 'a', 'b', 'c']) keepOnly(masked, name, pruned);
    for (const image of imagesFor(masked, 3))
      expect(outputOf(pruned, image)).toEqual(outputOf(masked, image));
  });

  it('says so where every channel is needed by a sum or an output', () => {
    const options = { sparsity: 0.5, pattern: 'channel' } as const;
    expect(() => prune(smallNet({ ...plain, width: 8 }), options)).toThrow(
      /channels that convolutions alone read/,
    );
    const inner = prune(smallNet({ ...plain, width: 8, residual: 'none' }), options);
    expect(inner.constants.get('conv1.weight')?.shape[0]).toBeLessThan(8);
    expect(inner.constants.get('conv2.weight')?.shape[0]).toBe(8);
  });

  it('gives valid graphs for networks of every kind, and leaves the given one as it is', () => {
    const cases = fc.record({
      shape: netShapes,
      sparsity: fc.double({ min: 0, max: 0.99, noNaN: true }),
      pattern: fc.constantFrom<PrunePattern>('irregular', 'grouped', 'channel'),
      scope: fc.constantFrom('global' as const, 'layer' as const),
    });
    fc.assert(
      fc.property(cases, ({ shape, sparsity, pattern, scope }) => {
        const graph = smallNet(shape);
        const isFree = shape.residual === 'none' && !shape.depthwise && shape.activation !== 'sigmoid';
        fc.pre(pattern !== 'channel' || isFree);
        const before = [...graph.constants.values()].map(({ data }) => [...data]);
        const pruned = prune(graph, { sparsity, pattern, scope });
        validateGraph(pruned);
        for (const data of weightsOf(pruned).values()) expect(nonZeros(data)).toBeGreaterThan(0);
        const [image] = imagesFor(graph, 1);
        if (image) expect(outputOf(pruned, image).every(Number.isFinite)).toBe(true);
        expect([...graph.constants.values()].map(({ data }) => [...data])).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });

  it('says what was done, and that the accuracy was another model’s', () => {
    const graph = { ...deepNet(), provenance: { accuracy: '90 %', data: 'x' } };
    expect(prune(graph, { sparsity: 0.9 }).provenance).toEqual({
      data: 'x',
      denseAccuracy: '90 %',
      pruning: '90 % of the weights by magnitude, irregular pattern, global scope',
    });
  });

  it.each([
    [{}, /sparsity/],
    [{ sparsity: 1 }, /sparsity.*less than 1/],
    [{ sparsity: 0.5, pattern: 'blocks' }, /pattern/],
    [{ sparsity: 0.5, scope: 'all' }, /scope/],
    [{ sparsity: 0.5, edgeDensity: 2 }, /edgeDensity/],
    [{ sparsity: 0.5, patern: 'grouped' }, /patern.*did you mean 'pattern'/],
  ])('refuses the options %j', (options, message) => {
    expect(() => prune(deepNet(), options as PruneOptions)).toThrow(message);
  });
});

/** Sets the channels of a layer to zero that another graph's layer of that name has no weights for. */
function keepOnly(graph: Graph, name: string, pruned: Graph): void {
  const weight = graph.constants.get(`${name}.weight`);
  const kept = new Set(Array.from(pruned.constants.get(`${name}.weight`)?.data ?? []));
  const columns = (weight?.data.length ?? 0) / 16;
  for (let channel = 0; channel < 16; channel++) {
    const row = weight?.data.subarray(channel * columns, (channel + 1) * columns);
    if (row && !Array.from(row).some((w) => kept.has(w))) row.fill(0);
  }
}

describe('selection', () => {
  it('has every weight in one unit, and no unit of more than four channels', () => {
    const shapes = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 3 }),
    );
    fc.assert(
      fc.property(shapes, ([out, channels, size]) => {
        const { count, of } = unitsOf([out, channels, size, size], 'grouped');
        const members = Array.from({ length: count }, (): number[] => []);
        for (let i = 0; i < out * channels * size * size; i++) members[of(i)]?.push(i);
        expect(members.flat().length).toBe(out * channels * size * size);
        expect(members.every(({ length }) => length >= 1 && length <= 4)).toBe(true);
      }),
    );
  });

  it('keeps as many units as it is told, the greatest, also among equals', () => {
    const cases = fc.tuple(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 }),
      fc.nat(),
    );
    fc.assert(
      fc.property(cases, ([list, pick]) => {
        const kept = 1 + (pick % list.length);
        const mask = greatestUnits(Float64Array.from(list), kept);
        const stay = list.filter((_, i) => mask[i] === 1);
        expect(stay.length).toBe(kept);
        expect(stay.sort()).toEqual([...list].sort().slice(list.length - kept));
      }),
    );
  });

  it('meets the share to a weight over all layers', () => {
    const layers = [500, 40, 3000].map((count, i) => ({
      magnitudes: Float64Array.from(noise(i + 1, count), (x) => x * x),
      weights: count,
      leastDensity: 0,
    }));
    for (const density of [0.5, 0.1, 0.02]) {
      const kept = keptUnits(layers, density, 'global').reduce((a, b) => a + b, 0);
      expect(Math.abs(kept - density * 3540)).toBeLessThanOrEqual(1);
    }
  });
});

describe('quantization of a pruned network', () => {
  it.each([
    [8, 'nearest'],
    [4, 'nearest'],
    [8, 'compensated'],
    [4, 'compensated'],
    [3, 'compensated'],
    [2, 'compensated'],
  ] as const)('revives no weight (%i bits, %s)', async (weightBits, rounding) => {
    for (const pattern of ['irregular', 'grouped', 'channel'] as const) {
      const pruned = prune(deepNet(), { sparsity: 0.8, pattern });
      const before = weightsOf(fold(pruned));
      const small = await quantize(pruned, imagesFor(pruned, 4), { weightBits, edgeBits: 2, rounding });
      for (const [name, data] of weightsOf(small)) {
        const real = before.get(name) ?? [];
        expect(data.length).toBe(real.length);
        Array.from(data).forEach((w, i) => {
          if (real[i] === 0) expect(w).toBe(0);
        });
        expect(nonZeros(data)).toBeGreaterThan(0);
      }
    }
  });
});
