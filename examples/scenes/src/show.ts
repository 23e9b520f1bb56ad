import { type Cube, confusionOf, type GroundTruth, type Pixels, scoresOf } from 'spikelet/data';
import { energyOf, energyPairs } from 'spikelet/graph';
import {
  type ClassifiedTile,
  classColour,
  type LegendEntry,
  meanSpectra,
  type SceneMap,
} from 'spikelet/scenes';
import { make } from '../../browser/src/elements.js';

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext('2d');
  if (!found) throw new Error('this browser draws on no canvas');
  return found;
}

/** Shows a picture at its own size. */
export function showPixels(canvas: HTMLCanvasElement, { width, height, data }: Pixels): void {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) image.data[4 * i + channel] = data[3 * i + channel] ?? 0;
    image.data[4 * i + 3] = 255;
  }
  context(canvas).putImageData(image, 0, 0);
}

/** Draws a part of the class map. */
export function showTile(
  canvas: HTMLCanvasElement,
  { row, column, rows, columns, labels }: ClassifiedTile,
): void {
  const image = new ImageData(columns, rows);
  labels.forEach((label, i) => {
    image.data.set([...classColour(label), 255], 4 * i);
  });
  context(canvas).putImageData(image, column, row);
}

const css = (label: number): string => `rgb(${classColour(label).join(' ')})`;

function swatch(label: number): HTMLCanvasElement {
  const canvas = make('canvas');
  canvas.width = canvas.height = 12;
  const drawing = context(canvas);
  drawing.fillStyle = css(label);
  drawing.fillRect(0, 0, 12, 12);
  return canvas;
}

export function showLegend(list: HTMLElement, legend: readonly LegendEntry[], map: SceneMap): void {
  const count = (label: number): number =>
    map.labels.reduce((sum, found) => sum + (found === label ? 1 : 0), 0);
  const total = map.labels.length;
  list.replaceChildren(
    ...legend.map(({ label, name }) => {
      const share = ((100 * count(label)) / total).toFixed(1);
      return make('li', {}, [swatch(label), document.createTextNode(`${name}, ${share} %`)]);
    }),
  );
}

/** Draws the mean spectrum of each class as a line. */
export function showSpectra(canvas: HTMLCanvasElement, cube: Cube, map: SceneMap): void {
  const drawing = context(canvas);
  const { width, height } = canvas;
  const [left, bottom, top] = [8, 26, 8];
  const spectra = meanSpectra(cube, map.labels);
  const all = spectra.flatMap(({ mean }) => [...mean]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const x = (band: number): number => left + (band / Math.max(1, cube.bands - 1)) * (width - 2 * left);
  const y = (value: number): number =>
    top + (1 - (value - low) / (high - low || 1)) * (height - top - bottom);
  drawing.clearRect(0, 0, width, height);
  drawing.lineWidth = 2;
  for (const { label, mean } of spectra) {
    drawing.strokeStyle = css(label);
    drawing.beginPath();
    mean.forEach((value, band) => {
      drawing.lineTo(x(band), y(value));
    });
    drawing.stroke();
  }
  drawing.fillStyle = getComputedStyle(canvas).color;
  drawing.font = '14px system-ui, sans-serif';
  const ends = cube.wavelengths ? [cube.wavelengths[0], cube.wavelengths.at(-1)] : [0, cube.bands - 1];
  const unit = cube.wavelengths ? ` ${cube.wavelengthUnit ?? ''}` : '';
  const word = cube.wavelengths ? '' : 'band ';
  drawing.fillText(`${word}${ends[0]}${unit}`, left, height - 6);
  drawing.textAlign = 'right';
  drawing.fillText(`${word}${ends[1]}${unit}`, width - left, height - 6);
  drawing.textAlign = 'left';
  canvas.setAttribute('aria-label', `Mean spectra of ${spectra.length} classes over ${cube.bands} bands`);
}

type Fact = readonly [term: string, description: string];

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function scoreFacts(map: SceneMap, truth: GroundTruth | undefined): readonly Fact[] {
  if (!truth) return [];
  const { overall, average, kappa } = scoresOf(confusionOf(truth.labels, map.labels));
  return [
    ['All labelled pixels', `OA ${percent(overall)}, AA ${percent(average)}, kappa ${kappa.toFixed(4)}`],
  ];
}

function spikeFacts({ activity, runs }: SceneMap): readonly Fact[] {
  if (!activity) return [];
  const energies = [energyPairs.fp32, energyPairs.int32].map((pair): Fact => {
    const { spiking, ann, ratio } = energyOf(activity.operations, pair);
    const millijoules = (picojoules: number): string => `${(runs * picojoules * 1e-9).toPrecision(3)} mJ`;
    const text = `${millijoules(spiking)}, without spikes ${millijoules(ann)}: ${ratio.toFixed(1)} times`;
    return [`Energy by ${pair.name}`, text];
  });
  return [['Spikes', activity.spikes.toLocaleString('en-US')], ...energies];
}

/** How the map came about. */
export function showFacts(
  list: HTMLElement,
  map: SceneMap,
  truth: GroundTruth | undefined,
  seconds: number,
): void {
  const { work } = map;
  const how =
    work.approach === 'convolutional'
      ? `${map.runs} tiles of ${work.tile.join(' by ')} pixels`
      : `patch by patch, ${work.batch} at once${work.reason === undefined ? '' : `: ${work.reason}`}`;
  const facts: readonly Fact[] = [
    ['Time', `${seconds.toFixed(2)} s`],
    ['Work', how],
    ['Kernels', `${map.variant}, ${map.threads} ${map.threads === 1 ? 'thread' : 'threads'}`],
    ['Memory', `${(map.memoryBytes / 1e6).toFixed(1)} MB`],
    ['Multiply-accumulates', `${(map.macs / 1e9).toFixed(2)} G`],
    ...scoreFacts(map, truth),
    ...spikeFacts(map),
  ];
  list.replaceChildren(
    ...facts.map(([term, text]) => make('div', {}, [make('dt', { text: term }), make('dd', { text })])),
  );
}
