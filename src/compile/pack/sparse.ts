import type { PlaneLayout } from './planes.js';

/** Input channels that share a row: one for irregular weights, four for grouped ones. */
export type RowChannels = 1 | 4;

/** Weights [outChannels][channels][window]. */
export interface SparseShape {
  readonly outChannels: number;
  readonly channels: number;
  readonly window: number;
}

/** Weights of a sparse convolution as its kernels read them. */
export interface SparseWeights {
  /** First word of each output channel, then the number of words. */
  readonly starts: Int32Array;
  /** Elements from each row to the next one. */
  readonly rows: Uint16Array;
  /** Four weights a word. */
  readonly words: Int8Array;
  /** Sum of each output channel's weights. */
  readonly sums: Int32Array;
}

/** Words of weights that the kernels read: four weights each, of an output channel or of a group of it. */
export interface WordCount {
  readonly irregular: number;
  readonly grouped: number;
}

/** Bytes of a word in memory: four weights, and the distance of each of its rows. */
export const wordBytes = (rowChannels: RowChannels): number => 4 + 2 * (4 / rowChannels);

/** A row's distance from the one before is stored in 16 bits. */
const farthest = 65535;

export function countWords(weights: Int8Array, shape: SparseShape): WordCount {
  const { outChannels, channels, window } = shape;
  let irregular = 0;
  let grouped = 0;
  for (let out = 0; out < outChannels; out++) {
    let nonZero = 0;
    for (let channel = 0; channel < channels; channel += 4) {
      const first = (out * channels + channel) * window;
      const end = first + Math.min(4, channels - channel) * window;
      for (let tap = first; tap < first + window; tap++) {
        const before = nonZero;
        for (let at = tap; at < end; at += window) if (weights[at] !== 0) nonZero++;
        if (nonZero > before) grouped++;
      }
    }
    irregular += Math.ceil(nonZero / 4);
  }
  return { irregular, grouped };
}

/** Words that fill rows more than 16 bits apart, at most. */
export function fillingWords({ outChannels, channels }: SparseShape, pitch: number): number {
  return outChannels * Math.floor((channels * pitch) / farthest);
}

/** Elements between planes of a layout. */
export const planePitch = (layout: Pick<PlaneLayout, 'offsets'>): number => layout.offsets.length;

/** Collects rows and weights; rows of an output channel are to be added in ascending order. */
class WeightWriter {
  readonly rows: Uint16Array;
  readonly words: Int8Array;
  /** Rows, and weights, written so far. */
  #row = 0;
  #weight = 0;
  #position = 0;

  constructor(
    mostWords: number,
    readonly rowChannels: RowChannels,
  ) {
    this.rows = new Uint16Array((4 * mostWords) / rowChannels);
    this.words = new Int8Array(4 * mostWords);
  }

  get wordCount(): number {
    return Math.ceil(this.#weight / 4);
  }

  /** Fills up the last word. */
  beginChannel(): void {
    this.#weight = 4 * this.wordCount;
    this.#row = this.#weight / this.rowChannels;
    this.#position = 0;
  }

  moveTo(position: number): void {
    while (position - this.#position > farthest) this.#advance(farthest);
    this.rows[this.#row++] = position - this.#position;
    this.#position = position;
  }

  write(weight: number): void {
    this.words[this.#weight++] = weight;
  }

  #advance(distance: number): void {
    this.rows[this.#row++] = distance;
    this.#weight += this.rowChannels;
    this.#position += distance;
  }
}

/** Packs the weights that are not zero, or the groups that are not all zero, for planes of the given layout. */
export function packSparseWeights(
  weights: Int8Array,
  shape: SparseShape,
  layout: Pick<PlaneLayout, 'taps' | 'offsets'>,
  rowChannels: RowChannels,
): SparseWeights {
  const { outChannels, channels, window } = shape;
  const pitch = planePitch(layout);
  const counted = countWords(weights, shape);
  const most = (rowChannels === 1 ? counted.irregular : counted.grouped) + fillingWords(shape, pitch);
  const writer = new WeightWriter(most, rowChannels);
  const order = [...layout.taps.keys()].sort((a, b) => (layout.taps[a] ?? 0) - (layout.taps[b] ?? 0));
  const starts = new Int32Array(outChannels + 1);
  const sums = new Int32Array(outChannels);
  for (let out = 0; out < outChannels; out++) {
    writer.beginChannel();
    starts[out] = writer.wordCount;
    let sum = 0;
    for (let channel = 0; channel < channels; channel += rowChannels) {
      for (const tap of order) {
        const first = (out * channels + channel) * window + tap;
        const end = first + Math.min(rowChannels, channels - channel) * window;
        let any = 0;
        for (let at = first; at < end; at += window) any |= weights[at] ?? 0;
        if (any === 0) continue;
        writer.moveTo((channel / rowChannels) * pitch + (layout.taps[tap] ?? 0));
        for (let at = first; at < first + rowChannels * window; at += window) {
          const weight = at < end ? (weights[at] ?? 0) : 0;
          writer.write(weight);
          sum += weight;
        }
      }
    }
    sums[out] = sum;
  }
  starts[outChannels] = writer.wordCount;
  const rows = writer.rows.subarray(0, (4 * writer.wordCount) / rowChannels);
  return { starts, rows, words: writer.words.subarray(0, 4 * writer.wordCount), sums };
}
