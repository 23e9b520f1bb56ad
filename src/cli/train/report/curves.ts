import { type Html, html } from '../../report/html.js';
import { formatPercent } from '../../text.js';
import type { Epoch, History } from '../log.js';
import { layerMap } from './layer-map.js';
import { lineChart, type Series } from './line-chart.js';

const attackTitles: Readonly<Record<string, string>> = { fgsm: 'FGSM' };
const attackColours = ['third', 'fourth', 'rest'];

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Loss, accuracy and learning rate over the epochs. */
export function curves({ epochs }: History): readonly Html[] {
  const series = (label: string, colour: string, value: (epoch: Epoch) => number): Series => ({
    label,
    colour,
    points: epochs.map((record) => [record.epoch, value(record)]),
  });
  const attacks = [...new Set(epochs.flatMap((record) => Object.keys(record.attacks)))];
  const attacked = attacks.map((name, i) =>
    series(
      attackTitles[name] ?? name.replace(/^pgd/, 'PGD-'),
      attackColours[i % attackColours.length] ?? 'rest',
      (record) => record.attacks[name] ?? Number.NaN,
    ),
  );
  return [
    lineChart({
      title: attacked.length > 0 ? 'Accuracy, clean and attacked' : 'Accuracy',
      series: [
        series('test', 'first', ({ testAccuracy }) => testAccuracy),
        series('training views', 'second', ({ trainAccuracy }) => trainAccuracy),
        ...attacked,
      ],
      text: (share) => formatPercent(share, 2),
      axis: (share) => `${short(100 * share)} %`,
    }),
    lineChart({
      title: 'Loss',
      series: [series('training views', 'second', ({ loss }) => loss)],
      text: (value) => value.toFixed(3),
      axis: short,
    }),
    lineChart({
      title: 'Learning rate',
      series: [series('at the end of the epoch', 'rest', ({ rate }) => rate)],
      text: (value) => value.toPrecision(2),
      axis: short,
    }),
  ];
}

/** Bits and density of each layer over the epochs, where the log has them. */
export function layerMaps({ epochs }: History): readonly Html[] {
  const bits = epochs.flatMap(({ epoch, bits: values, isAssigned }) =>
    values ? [{ epoch, values, isMarked: isAssigned }] : [],
  );
  const densities = epochs.flatMap(({ epoch, density: values }) => (values ? [{ epoch, values }] : []));
  const widths = [...new Set(bits.flatMap(({ values }) => Object.values(values)))].sort((a, b) => a - b);
  return [
    bits.length === 0
      ? html``
      : layerMap({
          title: 'Bits of each layer',
          note: 'A row a layer, a column an epoch. A mark above an epoch: widths were assigned after it.',
          epochs: bits,
          strength: (width) => (width / 8) ** 1.3,
          text: (width) => `${width} bits`,
          legend: widths,
        }),
    densities.length === 0
      ? html``
      : layerMap({
          title: 'Density of each layer',
          note: 'Share of the weights that are left, after each epoch.',
          epochs: densities,
          // Most densities are small: the root tells them apart.
          strength: Math.sqrt,
          text: (share) => formatPercent(share),
          legend: [0.01, 0.05, 0.1, 0.25, 0.5, 1],
        }),
  ];
}
