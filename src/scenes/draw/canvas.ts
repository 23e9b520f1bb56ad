import type { Colour } from '../../data/cube/cube.js';
import type { Pixels } from '../../data/pixels.js';
import { isInk, letterSize } from './letters.js';

/** A picture that is drawn on. */
export interface Canvas extends Pixels {
  readonly channels: 3;
  readonly data: Uint8Array;
}

export function blankCanvas(width: number, height: number, [red, green, blue]: Colour): Canvas {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 3) {
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
  }
  return { width, height, channels: 3, data };
}

/** Fills a rectangle; what lies outside of the picture is left out. */
export function fill(
  { width, height, data }: Canvas,
  [left, top, columns, rows]: readonly [left: number, top: number, columns: number, rows: number],
  colour: Colour,
): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + rows); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + columns); x++) {
      data.set(colour, (y * width + x) * 3);
    }
  }
}

/** Columns that a text takes. */
export const textWidth = (text: string, scale: number): number =>
  Math.max(0, [...text].length * (letterSize.columns + 1) - 1) * scale;

export function write(
  canvas: Canvas,
  text: string,
  [left, top]: readonly [left: number, top: number],
  scale: number,
  colour: Colour,
): void {
  [...text].forEach((letter, i) => {
    for (let row = 0; row < letterSize.rows; row++) {
      for (let column = 0; column < letterSize.columns; column++) {
        if (!isInk(letter, row, column)) continue;
        const x = left + (i * (letterSize.columns + 1) + column) * scale;
        fill(canvas, [x, top + row * scale, scale, scale], colour);
      }
    }
  });
}
