import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLog } from '../../src/cli/train/log.js';
import { layerMap } from '../../src/cli/train/report/layer-map.js';
import { lineChart } from '../../src/cli/train/report/line-chart.js';
import { ticks } from '../../src/cli/train/report/ticks.js';

const start = (epoch: number, epochs: number): string =>
  JSON.stringify({ event: 'start', epoch, options: { epochs } });
const trained = (epoch: number, fields: object = {}): string =>
  JSON.stringify({ event: 'epoch', epoch, loss: 1, train_accuracy: 0.5, test_accuracy: 0.4, ...fields });

describe('the log of a training', () => {
  it('gives the epochs, with what a method says of them', () => {
    const fields = { bits: { conv: 4 }, assigned: true, fgsm: 0.3, pgd7: 0.2, nonzeros: 12, rate: 0.1 };
    const { epochs, options } = parseLog([start(0, 2), trained(1), trained(2, fields)].join('\n'));
    expect(options).toEqual({ epochs: 2 });
    expect(epochs[1]).toMatchObject({ epoch: 2, rate: 0.1, bits: { conv: 4 }, isAssigned: true });
    expect(epochs[1]?.attacks).toEqual({ fgsm: 0.3, pgd7: 0.2 });
    expect(epochs[0]).toMatchObject({ isAssigned: false, attacks: {} });
  });

  it('forgets epochs that a later start did not go on from', () => {
    const lines = [start(0, 9), trained(1), trained(2), start(1, 9), trained(2, { loss: 7 })];
    const { epochs } = parseLog(lines.join('\n'));
    expect(epochs.map(({ epoch, loss }) => [epoch, loss])).toEqual([
      [1, 1],
      [2, 7],
    ]);
    expect(parseLog([start(0, 9), trained(1), start(0, 9)].join('\n')).epochs).toEqual([]);
  });

  it('may end in half a line', () => {
    expect(parseLog(`${start(0, 2)}\n${trained(1)}\n${trained(2).slice(0, 30)}`).epochs).toHaveLength(1);
  });
});

describe('ticks of an axis', () => {
  it('are few, round, rising, evenly spaced and within the range', () => {
    const ends = fc.tuple(
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    );
    fc.assert(
      fc.property(ends, fc.integer({ min: 2, max: 9 }), ([low, span], count) => {
        const values = ticks(low, low + span, count);
        expect(values.length).toBeLessThanOrEqual(2 * count + 1);
        const steps = values.slice(1).map((value, i) => value - (values[i] ?? 0));
        for (const step of steps) expect(step / (steps[0] ?? 1)).toBeCloseTo(1, 5);
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(low - 1e-6 * span - 1e-9);
          expect(value).toBeLessThanOrEqual(low + span + 1e-6 * span + 1e-9);
        }
      }),
    );
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(3, 3, 5)).toEqual([3]);
  });
});

describe('a chart', () => {
  const chart = (points: readonly (readonly [number, number])[]): string =>
    lineChart({
      title: 'a < b',
      series: [{ label: 'test', colour: 'first', points }],
      text: (value) => `${value} units`,
      axis: String,
    }).html;

  it('draws each epoch and tells the last value', () => {
    const html = chart([
      [1, 0.1],
      [2, 0.5],
      [3, 0.9],
    ]);
    expect(html.match(/<circle/g)).toHaveLength(3);
    expect(html).toContain('<b>0.9 units</b>');
    expect(html).toContain('a &lt; b');
    expect(html).toContain('test, epoch 2: 0.5 units');
  });

  it('draws one epoch, equal values, and values that are missing, as numbers all', () => {
    for (const points of [
      [[1, 0.5]],
      [
        [1, 2],
        [2, 2],
      ],
      [
        [1, Number.NaN],
        [2, 3],
      ],
      [
        [1, 0],
        [2, 0],
      ],
    ] as const) {
      expect(chart(points)).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(chart([])).toBe('');
  });

  it('of layers has a row for each, and joins epochs of one value', () => {
    const epochs = [4, 4, 2].map((bits, i) => ({
      epoch: i + 1,
      values: { conv: bits, fc: 8 },
      isMarked: i === 2,
    }));
    const map = layerMap({
      ...{ title: 'Bits', note: 'Widths.', epochs, legend: [2, 4, 8] },
      strength: (value) => value / 8,
      text: (value) => `${value} bits`,
    }).html;
    expect(map.match(/<rect/g)).toHaveLength(3);
    expect(map).toContain('conv, epochs 1 to 2: 4 bits');
    expect(map).toContain('conv, epoch 3: 2 bits');
    expect(map).toContain('fc, epochs 1 to 3: 8 bits');
    expect(map.match(/class="mark"/g)).toHaveLength(1);
  });
});
