import type { PlaneLayout } from './planes.js';
import { roundUp } from './weights.js';

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
  /** As grouped ones, each output channel's a multiple of four. */
  readonly gathered: number;
}

/** Bytes of a word in memory: four weights, and the distance of each of its rows. */
export const wordBytes = (rowChannels: RowChannels): number => 4 + 2 * (4 / rowChannels);

/** A row's distance from the one before is stored in 16 bits. */
const farthest = 65535;

/** Where weights are not zero, ascending. */
export function nonZeroIndices(weights: Int8Array): Int32Array {
  const aligned = weights.byteOffset % 4 === 0 ? weights : weights.slice();
  const fours = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let indices = new Int32Array((aligned.length >> 3) + 8);
  let count = 0;
  for (let i = 0; i <= fours.length; i++) {
    if (fours[i] === 0) continue;
    if (count + 4 > indices.length) indices = grown(indices);
    const end = Math.min(4 * i + 4, aligned.length);
    for (let at = 4 * i; at < end; at++) if (aligned[at] !== 0) indices[count++] = at;
  }
  return indices.subarray(0, count);
}

function grown(indices: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * indices.length);
  larger.set(indices);
  return larger;
}

/** Words of weights of which those at `indices` are not zero. */
export function countWords(indices: Int32Array, { outChannels, channels, window }: SparseShape): WordCount {
  const row = channels * window;
  const group = 4 * window;
  /** By place in the window: the group of channels that counted it last. */
  const countedBy = new Int32Array(window).fill(-1);
  const taps = Uint16Array.from({ length: group }, (_, i) => i % window);
  let [irregular, grouped, gathered] = [0, 0, 0];
  let n = 0;
  for (let out = 0; out < outChannels; out++) {
    const [first, firstGroup] = [n, grouped];
    const end = (out + 1) * row;
    let start = out * row;
    for (let index = indices[n] ?? end; index < end; index = indices[++n] ?? end) {
      while (index >= start + group) start += group;
      const tap = taps[index - start] ?? 0;
      if (countedBy[tap] !== start) grouped++;
      countedBy[tap] = start;
    }
    irregular += Math.ceil((n - first) / 4);
    gathered += roundUp(grouped - firstGroup, 4);
  }
  return { irregular, grouped, gathered };
}

/** Words that fill rows more than 16 bits apart, at most. */
export function fillingWords({ outChannels, channels }: SparseShape, pitch: number): number {
  return outChannels * Math.floor((channels * pitch) / farthest);
}

/** Elements between planes of a layout. */
export const planePitch = (layout: Pick<PlaneLayout, 'offsets'>): number => layout.offsets.length;

/** Where the weights of a block, [channel][window], go: rows in ascending order. */
interface BlockOrder {
  /** Position of each row's first element from the plane's start. */
  readonly taps: Int32Array;
  /** Place of each weight among those of the block, sorted by row. */
  readonly places: Uint16Array;
}

function blockOrder(taps: readonly number[], rowChannels: RowChannels): BlockOrder {
  const order = [...taps.keys()].sort((a, b) => (taps[a] ?? 0) - (taps[b] ?? 0));
  const places = new Uint16Array(taps.length * rowChannels);
  for (const [rank, tap] of order.entries()) {
    for (let c = 0; c < rowChannels; c++) places[c * taps.length + tap] = rank * rowChannels + c;
  }
  return { taps: Int32Array.from(order, (tap) => taps[tap] ?? 0), places };
}

/** Collects rows with their weights; those of an output channel are to be added in ascending order. */
class RowWriter {
  readonly rows: Uint16Array;
  readonly words: Int8Array;
  #count = 0;
  #position = 0;

  constructor(
    mostWords: number,
    readonly rowChannels: RowChannels,
  ) {
    this.rows = new Uint16Array((4 * mostWords) / rowChannels);
    this.words = new Int8Array(4 * mostWords);
  }

  get wordCount(): number {
    return Math.ceil((this.#count * this.rowChannels) / 4);
  }

  /** Fills up the last word. */
  beginChannel(): void {
    this.#count = (4 * this.wordCount) / this.rowChannels;
    this.#position = 0;
  }

  /** Moves the weights of a row out of a block. */
  take(position: number, block: Int8Array, at: number): void {
    for (; position - this.#position > farthest; this.#position += farthest)
      this.rows[this.#count++] = farthest;
    this.rows[this.#count] = position - this.#position;
    this.#position = position;
    const word = this.#count++ * this.rowChannels;
    for (let i = 0; i < this.rowChannels; i++) {
      this.words[word + i] = block[at + i] ?? 0;
      block[at + i] = 0;
    }
  }

  takeBlock(block: Int8Array, plane: number, taps: Int32Array): void {
    for (let at = 0, rank = 0; at < block.length; at += this.rowChannels, rank++) {
      let any = block[at] ?? 0;
      for (let i = at + 1; i < at + this.rowChannels; i++) any |= block[i] ?? 0;
      if (any !== 0) this.take(plane + (taps[rank] ?? 0), block, at);
    }
  }
}

/**
 * Packs the weights that are not zero, or the groups that are not all zero, for planes of the given layout. `indices`
 * says where weights are not zero, `counted` how many words they fill.
 */
export function packSparseWeights(
  weights: Int8Array,
  shape: SparseShape,
  layout: Pick<PlaneLayout, 'taps' | 'offsets'>,
  rowChannels: RowChannels,
  indices = nonZeroIndices(weights),
  counted = countWords(indices, shape),
): SparseWeights {
  const { outChannels, channels, window } = shape;
  const pitch = planePitch(layout);
  const most = (rowChannels === 1 ? counted.irregular : counted.grouped) + fillingWords(shape, pitch);
  const { taps, places } = blockOrder(layout.taps, rowChannels);
  const block = new Int8Array(window * rowChannels);
  const writer = new RowWriter(most, rowChannels);
  const starts = new Int32Array(outChannels + 1);
  const sums = new Int32Array(outChannels);
  let n = 0;
  for (let out = 0; out < outChannels; out++) {
    writer.beginChannel();
    starts[out] = writer.wordCount;
    const end = (out + 1) * channels * window;
    let start = out * channels * window;
    let [plane, sum] = [0, 0];
    for (let index = indices[n] ?? end; index < end; ) {
      for (; index >= start + block.length; start += block.length) plane += pitch;
      for (; index < start + block.length && index < end; index = indices[++n] ?? end) {
        const weight = weights[index] ?? 0;
        block[places[index - start] ?? 0] = weight;
        sum += weight;
      }
      writer.takeBlock(block, plane, taps);
    }
    sums[out] = sum;
  }
  const { wordCount } = writer;
  starts[outChannels] = wordCount;
  const rows = writer.rows.subarray(0, (4 * wordCount) / rowChannels);
  return { starts, rows, words: writer.words.subarray(0, 4 * wordCount), sums };
}
