import { type Colour, longestSide } from '../../data/cube/cube.js';
import type { Pixels } from '../../data/pixels.js';
import { SpikeletError } from '../../error.js';
import { blankCanvas, type Canvas, fill, textWidth, write } from './canvas.js';
import { classColour } from './colours.js';
import { letterSize } from './letters.js';

/** Labels of a scene, row by row. */
export interface LabelMap {
  readonly height: number;
  readonly width: number;
  readonly labels: ArrayLike<number>;
}

export interface LegendEntry {
  readonly label: number;
  readonly name: string;
}

const white: Colour = [255, 255, 255];
const ink: Colour = [32, 32, 32];

/** Pixels of the picture that the shorter side of a map should have. */
const wantedSide = 480;

/** Whole pixels of the picture for one of the scene. */
const enlargement = ({ height, width }: LabelMap): number =>
  Math.max(1, Math.floor(wantedSide / Math.min(height, width)));

function checkMap({ height, width, labels }: LabelMap): void {
  const isSize = (size: number): boolean => Number.isInteger(size) && size > 0 && size <= longestSide;
  if (isSize(height) && isSize(width) && labels.length === height * width) return;
  throw new SpikeletError('invalid-input', `${labels.length} labels do not make a map of ${height}x${width}`);
}

/** Room around things, height of a line of the legend and side of its swatch, by the scale of letters. */
const metrics = (scale: number) => ({ margin: 6 * scale, line: 12 * scale, swatch: 9 * scale });

function drawLegend(
  canvas: Canvas,
  left: number,
  entries: readonly LegendEntry[],
  scale: number,
  colours?: readonly Colour[],
): void {
  const { margin, line, swatch } = metrics(scale);
  entries.forEach(({ label, name }, i) => {
    const top = margin + i * line;
    fill(canvas, [left, top, swatch, swatch], ink);
    const inner = swatch - 2 * scale;
    fill(canvas, [left + scale, top + scale, inner, inner], classColour(label, colours));
    const baseline = top + Math.floor((swatch - letterSize.rows * scale) / 2);
    write(canvas, name, [left + swatch + margin, baseline], scale, ink);
  });
}

/**
 * A picture of a class map, enlarged where the scene is small, with a legend to its right.
 *
 * @example
 * const { width, height, data } = drawClassMap(map, [{ label: 1, name: 'broccoli' }]);   // RGB
 */
export function drawClassMap(
  map: LabelMap,
  legend: readonly LegendEntry[],
  colours?: readonly Colour[],
): Pixels {
  checkMap(map);
  const zoom = enlargement(map);
  const [mapWidth, mapHeight] = [map.width * zoom, map.height * zoom];
  const scale = Math.max(1, Math.round(Math.min(mapWidth, mapHeight) / 320));
  const { margin, line, swatch } = metrics(scale);
  const names = Math.max(0, ...legend.map(({ name }) => textWidth(name, scale)));
  const side = legend.length > 0 ? swatch + names + 3 * margin : 0;
  const height = Math.max(mapHeight, legend.length > 0 ? legend.length * line + 2 * margin : 0);
  const canvas = blankCanvas(mapWidth + side, height, white);
  for (let pixel = 0; pixel < map.labels.length; pixel++) {
    const [row, column] = [Math.floor(pixel / map.width), pixel % map.width];
    fill(canvas, [column * zoom, row * zoom, zoom, zoom], classColour(map.labels[pixel] ?? 0, colours));
  }
  drawLegend(canvas, mapWidth + margin, legend, scale, colours);
  return canvas;
}

/** Shares from 0 to 1 as gray from black to white, one pixel each. */
export function drawShares(
  { height, width }: Pick<LabelMap, 'height' | 'width'>,
  shares: ArrayLike<number>,
): Pixels {
  checkMap({ height, width, labels: shares });
  const data = Uint8Array.from({ length: shares.length }, (_, i) =>
    Math.round(255 * Math.min(1, Math.max(0, shares[i] ?? 0))),
  );
  return { width, height, channels: 1, data };
}
