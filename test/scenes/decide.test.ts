import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { probabilities } from '../../src/data/classes.js';
import { decide } from '../../src/scenes/decide.js';

const score = fc.integer({ min: -2000, max: 2000 }).map((x) => x / 128);

describe('a decision', () => {
  test('is the greatest score, the first of equal ones, with its share by softmax', () => {
    const lists = fc.array(fc.array(score, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lists, (pixels) => {
        const { classes, confidence } = decide(Float32Array.from(pixels.flat()), 3);
        pixels.forEach((scores, i) => {
          const best = scores.indexOf(Math.max(...scores));
          expect(classes[i]).toBe(best);
          expect(confidence[i]).toBeCloseTo(probabilities(scores)[best] ?? Number.NaN, 6);
        });
      }),
    );
  });

  test('takes scores that are shares already as they are', () => {
    const { classes, confidence } = decide(Float32Array.of(0.1, 0.7, 0.2, 1, 0, 0), 3);
    expect([...classes]).toEqual([1, 0]);
    expect(confidence).toEqual(Float32Array.of(0.7, 1));
  });

  test('counts bytes by what they mean', () => {
    const bytes = Uint8Array.of(10, 20, 12);
    const real = Float32Array.of(1, 2, 1.2);
    const shares = [decide(bytes, 3, { scale: 0.1, zeroPoint: 0 }), decide(real, 3)].map(
      ({ confidence }) => confidence[0] ?? Number.NaN,
    );
    expect(shares[0]).toBeCloseTo(shares[1] ?? 0, 6);
  });
});
