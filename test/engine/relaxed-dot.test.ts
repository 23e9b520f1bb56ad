import { describe, expect, test } from 'vitest';
import {
  type DotLoop,
  meaningOfDot,
  relaxedDotLoop,
  supportsSimd,
} from '../../src/engine/kernels/relaxed-dot.js';
import { hasExactRelaxedDot } from '../machine.js';

type Term = (weight: number, activation: number) => number;

/** An engine in plain TypeScript whose lanes add up `pair` of two neighbouring products. */
const engine =
  (term: Term, pair: (a: number, b: number) => number = (a, b) => a + b): DotLoop =>
  (accumulator, weights, activations) => {
    const sums = accumulator.slice();
    for (let i = 0; i < weights.length; i += 2) {
      const [a, b] = [i, i + 1].map((at) => term(weights[at] ?? 0, activations[at] ?? 0));
      const lane = (i >> 2) & 3;
      sums[lane] = (sums[lane] ?? 0) + pair(a ?? 0, b ?? 0);
    }
    return sums;
  };

const unsigned: Term = (weight, activation) => weight * activation;
const signed: Term = (weight, activation) => weight * ((activation << 24) >> 24);
const saturating = (a: number, b: number): number => Math.min(32767, Math.max(-32768, a + b));

describe('the relaxed dot product', () => {
  test('is recognized by what it computes', () => {
    expect(meaningOfDot(engine(unsigned))).toBe('usdot');
    expect(meaningOfDot(engine(signed))).toBe('sdot');
  });

  test('is not trusted where sums of two products saturate', () => {
    expect(meaningOfDot(engine(unsigned, saturating))).toBeUndefined();
    expect(meaningOfDot(engine(signed, saturating))).toBeUndefined();
  });

  test('is not trusted where a loop loses its accumulator', () => {
    const lossy: DotLoop = (accumulator, weights, activations) =>
      engine(unsigned)(
        weights.length > 16 ? new Int32Array(4) : accumulator,
        weights.subarray(-16),
        activations.subarray(-16),
      );
    expect(meaningOfDot(lossy)).toBeUndefined();
  });

  test('is not trusted where products are doubled or seven bits wide', () => {
    expect(meaningOfDot(engine((w, a) => 2 * unsigned(w, a)))).toBeUndefined();
    expect(meaningOfDot(engine((w, a) => w * (a & 127)))).toBeUndefined();
  });

  test('is trusted where the processor makes it exact, and only there', () => {
    expect(supportsSimd()).toBe(true);
    const loop = relaxedDotLoop();
    const major = Number(process.versions.node.split('.')[0]);
    if (major < 22) return expect(loop).toBeUndefined();
    const meaning = loop && meaningOfDot(loop);
    if (hasExactRelaxedDot()) expect(meaning).toMatch(/^(usdot|sdot)$/);
    else expect(meaning).toBeUndefined();
  });
});
