import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Choice, leastCost, leastError } from '../../src/compress/bits/program.js';
import { roundTrip } from '../../src/compress/bits/sensitivity.js';
import { type AllocateOptions, allocateBits, fold, prune, quantize } from '../../src/compress/index.js';
import { chooseEncoding, mostBytes } from '../../src/format/weight-encoding.js';
import type { WeightBits } from '../../src/graph/tensor.js';
import { errorOver } from './compare.js';
import { imagesFor, NetBuilder, noise, plain, smallNet } from './nets.js';

const choices = (cost: fc.Arbitrary<number>): fc.Arbitrary<readonly Choice[]> =>
  fc.array(fc.record({ cost, error: fc.double({ min: 0, max: 10, noNaN: true }) }), {
    minLength: 1,
    maxLength: 4,
  });

const programs = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.double({ min: 0, max: 30, noNaN: true }));

const sums = (groups: readonly (readonly Choice[])[], picks: readonly number[]): Choice => ({
  cost: groups.reduce((sum, group, g) => sum + (group[picks[g] ?? 0]?.cost ?? 0), 0),
  error: groups.reduce((sum, group, g) => sum + (group[picks[g] ?? 0]?.error ?? 0), 0),
});

/** Every selection, one after the other. */
function* selections(groups: readonly (readonly Choice[])[]): Generator<readonly number[]> {
  const [first, ...rest] = groups;
  if (!first) {
    yield [];
    return;
  }
  for (const tail of selections(rest)) for (const [i] of first.entries()) yield [i, ...tail];
}

describe('the integer program', () => {
  it('finds what trying every selection finds', () => {
    const cases = fc.record({
      groups: fc.array(choices(programs), { minLength: 1, maxLength: 6 }),
      share: fc.double({ min: 0, max: 1.1, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ groups, share }) => {
        const most = groups.reduce((sum, group) => sum + Math.max(...group.map(({ cost }) => cost)), 0);
        const budget = most * share;
        let best = Number.POSITIVE_INFINITY;
        for (const picks of selections(groups)) {
          const { cost, error } = sums(groups, picks);
          if (cost <= budget * (1 + 1e-12)) best = Math.min(best, error);
        }
        const found = leastError(groups, budget);
        if (best === Number.POSITIVE_INFINITY) {
          expect(found).toBeUndefined();
          return;
        }
        const { cost, error } = sums(groups, found ?? []);
        expect(found?.length).toBe(groups.length);
        expect(cost).toBeLessThanOrEqual(budget * (1 + 1e-9));
        expect(error).toBeCloseTo(best, 9);
      }),
      { numRuns: 300 },
    );
  });

  it('says what the cheapest selection costs', () => {
    const groups = [[4, 2, 8], [3], [9, 7]].map((costs) => costs.map((cost) => ({ cost, error: 1 })));
    expect(leastCost(groups)).toBe(12);
    expect(leastError(groups, 12)).toEqual([1, 0, 1]);
    expect(leastError(groups, 11.9)).toBeUndefined();
  });

  it('stays within the budget and near the best where exact costs leave too many selections', () => {
    const random = noise(5, 4000).map(Math.abs);
    const groups = Array.from({ length: 40 }, (_, g) =>
      Array.from({ length: 7 }, (__, c) => ({
        cost: (c + 1) * (1 + (random[g * 7 + c] ?? 0)),
        error: 1 / (c + 1) + (random[2000 + g * 7 + c] ?? 0) * 0.01,
      })),
    );
    const found = leastError(groups, 160);
    const { cost, error } = sums(groups, found ?? []);
    expect(cost).toBeLessThanOrEqual(160);
    const shy = leastError(groups, 160 * (1 - 40 / 65_536));
    expect(error).toBeLessThanOrEqual(sums(groups, shy ?? []).error);
  });
});

/** Convolutions of one size, one of which the outputs hardly depend on. */
function unevenNet() {
  const net = new NetBuilder(9);
  const stem = net.conv('stem', 'image', [8, 3, 3]);
  const weak = net.conv('weak', stem, [8, 8, 3]);
  const strong = net.conv('strong', stem, [8, 8, 3]);
  const weight = net.constants.get('weak.weight');
  weight?.data.forEach((w, i) => {
    weight.data[i] = w * 0.01;
  });
  const sum = net.plain('relu', 'relu', [net.plain('add', 'sum', [weak, strong])]);
  const pooled = net.plain('globalAveragePool', 'gap', [sum]);
  const attributes = { shape: [1, 8] };
  const flat = net.push({ op: 'reshape', name: 'flat', inputs: [pooled], outputs: ['flat'], attributes });
  return net.graph([1, 3, 6, 6], net.linear('logits', flat, [3, 8]));
}

describe('allocateBits', () => {
  const graph = unevenNet();
  const samples = imagesFor(graph, 3);
  const weights = 8 * 27 + 2 * 8 * 72 + 24;

  it('gives bits to the layers that the outputs depend on', async () => {
    const perWeight = (8 * (8 * 27 + 24) + (2 + 8) * 576) / weights;
    const { layerBits, cost, budget } = await allocateBits(graph, samples, {
      budget: { kind: 'bits', perWeight },
    });
    expect(layerBits).toEqual({ stem: 8, weak: 2, strong: 8, logits: 8 });
    expect(cost).toBeLessThanOrEqual(budget + 1e-6);
  });

  it('measures the error that rounding a layer alone makes', async () => {
    const { layers } = await allocateBits(graph, samples, { budget: { kind: 'bits', perWeight: 8 } });
    const strong = layers.find(({ name }) => name === 'strong');
    expect(Object.keys(strong?.errors ?? {})).toEqual(['2', '4', '8']);
    const real = fold(graph);
    const weight = real.constants.get('strong.weight');
    for (const bits of [2, 4, 8] as const) {
      const constants = new Map(real.constants);
      if (weight) constants.set('strong.weight', roundTrip(weight, bits));
      const [error, power] = errorOver(real, { ...real, constants }, samples);
      expect(strong?.errors[bits]).toBeCloseTo((error / power) ** 2, 9);
    }
    expect(strong?.errors[8] ?? 1).toBeLessThan(strong?.errors[2] ?? 0);
  });

  it('keeps tied layers alike, and edges at their least', async () => {
    const options: AllocateOptions = {
      budget: { kind: 'bits', perWeight: 4.4 },
      widths: [2, 3, 4, 5, 6, 7, 8],
      edgeBits: 6,
      ties: [['weak', 'strong']],
    };
    const { layerBits } = await allocateBits(graph, samples, options);
    expect(layerBits.weak).toBe(layerBits.strong);
    expect(layerBits.stem).toBeGreaterThanOrEqual(6);
    expect(layerBits.logits).toBeGreaterThanOrEqual(6);
  });

  it('counts bytes as the file does, so that the file is within them', async () => {
    const pruned = prune(graph, { sparsity: 0.7 });
    for (const bytes of [700, 900, 1400]) {
      const { layerBits, cost } = await allocateBits(pruned, samples, {
        budget: { kind: 'bytes', bytes, storedBytes: mostBytes },
        edgeBits: 2,
      });
      expect(cost).toBeLessThanOrEqual(bytes);
      const small = await quantize(pruned, samples, { layerBits });
      let stored = 0;
      for (const { data, quantization } of small.constants.values()) {
        if (!quantization || !(data instanceof Int8Array)) continue;
        stored += chooseEncoding(data, quantization.bits).bytes + 4 * quantization.scales.length;
      }
      expect(stored).toBeLessThanOrEqual(cost);
    }
  });

  it('keeps within a time, given those of each layer and width', async () => {
    const row = (slow: number) => new Map([2, 4, 8].map((bits) => [bits, slow * bits] as const));
    const times = new Map([
      ['stem', row(1)],
      ['weak', row(1)],
      ['strong', row(1)],
      ['logits', row(1)],
    ]);
    const { layerBits, cost } = await allocateBits(graph, samples, {
      budget: { kind: 'time', ms: 8 + 8 + 2 + 4, times },
    });
    expect(layerBits).toMatchObject({ weak: 2, strong: 4 });
    expect(cost).toBe(22);
    times.delete('weak');
    const budget = { kind: 'time', ms: 22, times } as const;
    await expect(allocateBits(graph, samples, { budget })).rejects.toThrow(/'weak'.*no profile/);
  });

  it('says what the least budget is', async () => {
    const work = allocateBits(graph, samples, { budget: { kind: 'bits', perWeight: 2 } });
    await expect(work).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(work).rejects.toThrow(
      /budget of 2 bits a weight: cannot be met.* is 3\.03\d* bits a weight/,
    );
  });

  it('reports its runs up to their number', async () => {
    const seen: number[] = [];
    let last = 0;
    await allocateBits(smallNet(plain), imagesFor(smallNet(plain), 2), {
      budget: { kind: 'bits', perWeight: 8 },
      onProgress: ({ done, total }) => {
        seen.push(done);
        last = total;
      },
    });
    expect(seen).toEqual(Array.from({ length: last }, (_, i) => i + 1));
  });

  it.each([
    [{}, /budget.*kind/],
    [{ budget: { kind: 'bits', perWeight: 0 } }, /perWeight/],
    [{ budget: { kind: 'bytes', bytes: Number.NaN } }, /bytes/],
    [{ budget: { kind: 'bits', perWeight: 4 }, widths: [] }, /widths/],
    [{ budget: { kind: 'bits', perWeight: 4 }, widths: [9] }, /widths/],
    [{ budget: { kind: 'bits', perWeight: 4 }, width: [4] }, /width.*did you mean 'widths'/],
    [{ budget: { kind: 'bits', perWeight: 4 }, ties: [['wek', 'strong']] }, /wek.*did you mean 'weak'/],
  ])('refuses the options %j', async (options, message) => {
    await expect(allocateBits(graph, samples, options as AllocateOptions)).rejects.toThrow(message);
  });

  it('refuses to choose without samples', async () => {
    const options = { budget: { kind: 'bits', perWeight: 4 } } as const;
    await expect(allocateBits(graph, [], options)).rejects.toMatchObject({ code: 'invalid-input' });
  });
});

describe('the bound on stored bytes', () => {
  it('is never below what rounded weights take', () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 3000 }),
      density: fc.double({ min: 0, max: 1, noNaN: true }),
      bits: fc.constantFrom<WeightBits>(2, 3, 4, 5, 6, 7, 8),
      seed: fc.integer({ min: 1, max: 100_000 }),
    });
    fc.assert(
      fc.property(cases, ({ count, density, bits, seed }) => {
        const draws = noise(seed, count);
        const real = noise(seed + 1, count).map((w, i) => (Math.abs(draws[i] ?? 0) < density ? w : 0));
        const greatest = 2 ** (bits - 1) - 1;
        const q = Int8Array.from(real, (w) =>
          Math.max(-greatest, Math.min(greatest, Math.round((w * greatest) / 2))),
        );
        expect(chooseEncoding(q, bits).bytes).toBeLessThanOrEqual(mostBytes(real, bits));
      }),
      { numRuns: 200 },
    );
  });
});
