import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionOf, scoresOf } from '../../src/data/index.js';

const labels = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 60 });

describe('a confusion matrix', () => {
  it('has true classes as rows and predicted ones as columns, label 0 left out', () => {
    const confusion = confusionOf([1, 1, 0, 12, 12, 12], [1, 12, 1, 12, 12, 3]);
    expect(confusion.classes).toEqual([1, 3, 12]);
    expect(confusion.counts).toEqual([
      [1, 0, 1],
      [0, 0, 0],
      [0, 1, 2],
    ]);
  });

  it('is one of equally many', () => {
    expect(() => confusionOf([1, 2], [1])).toThrow('1 predictions for 2 labels');
  });
});

describe('scores', () => {
  it('of a perfect matrix are all 1', () => {
    fc.assert(
      fc.property(labels, (truth) => {
        expect(scoresOf(confusionOf(truth, truth))).toMatchObject({ overall: 1, average: 1, kappa: 1 });
      }),
    );
  });

  it('of a constant predictor have kappa 0', () => {
    fc.assert(
      fc.property(labels, fc.integer({ min: 1, max: 6 }), (truth, constant) => {
        fc.pre(truth.some((label) => label !== constant));
        const { kappa } = scoresOf(confusionOf(truth, new Array<number>(truth.length).fill(constant)));
        expect(kappa).toBeCloseTo(0, 12);
      }),
    );
  });

  it('of a matrix worked out by hand', () => {
    const counts = [
      [40, 10],
      [5, 45],
    ];
    const { overall, average, kappa, perClass } = scoresOf({ classes: [1, 2], counts });
    expect(overall).toBeCloseTo(0.85, 12);
    expect(average).toBeCloseTo(0.85, 12);
    // By chance 0.5 * 0.45 + 0.5 * 0.55 = 0.5.
    expect(kappa).toBeCloseTo(0.7, 12);
    expect(perClass).toEqual([0.8, 0.9]);
  });

  it('average over the classes that there are', () => {
    const { average, perClass } = scoresOf(confusionOf([1, 1, 1, 2], [1, 1, 3, 2]));
    expect(average).toBeCloseTo((2 / 3 + 1) / 2, 12);
    expect(perClass[2]).toBeNaN();
  });

  it('need something to score', () => {
    expect(() => scoresOf(confusionOf([0, 0], [1, 2]))).toThrow('no labelled pixel');
  });
});
