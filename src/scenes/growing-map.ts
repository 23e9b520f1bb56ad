import type { Cube } from '../data/cube/cube.js';
import type { ClassifiedTile } from './options.js';

/** The class map while it grows. */
export class GrowingMap {
  readonly labels: Uint16Array;
  readonly confidence: Float32Array;
  readonly #width: number;
  readonly #done: Uint8Array;
  done = 0;

  constructor({ height, width }: Cube) {
    this.labels = new Uint16Array(height * width);
    this.confidence = new Float32Array(height * width);
    this.#done = new Uint8Array(height * width);
    this.#width = width;
  }

  add({ row, column, rows, columns, labels, confidence }: ClassifiedTile): void {
    for (let y = 0; y < rows; y++) {
      const at = (row + y) * this.#width + column;
      this.labels.set(labels.subarray(y * columns, (y + 1) * columns), at);
      this.confidence.set(confidence.subarray(y * columns, (y + 1) * columns), at);
      for (let x = at; x < at + columns; x++) {
        if (this.#done[x] === 0) this.done++;
        this.#done[x] = 1;
      }
    }
  }
}
