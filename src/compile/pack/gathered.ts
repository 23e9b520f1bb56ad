import { countWords, nonZeroIndices, packSparseWeights, type SparseShape } from './sparse.js';
import { blockChannels, roundUp } from './weights.js';

/** Groups of weights as the kernel that gathers their inputs reads them. */
export interface GatheredWeights {
  /** First word of each output channel, rounded up to whole blocks, then the number of words; multiples of four. */
  readonly starts: Int32Array;
  /** Bytes from the start of a patch to what each word multiplies. */
  readonly offsets: Uint16Array;
  /** Four weights a word. */
  readonly words: Int8Array;
  /** Sum of each output channel's weights. */
  readonly sums: Int32Array;
}

/** Bytes of a patch that offsets of 16 bits reach. */
export const farthestGathered = 65536;

/**
 * Packs the groups of four input channels at one place of the window that are not all zero. `tapOffsets` are bytes from
 * the start of a patch to each place of the window.
 */
export function packGatheredWeights(
  weights: Int8Array,
  shape: SparseShape,
  tapOffsets: Int32Array,
  indices = nonZeroIndices(weights),
  counted = countWords(indices, shape),
): GatheredWeights {
  const { outChannels, window } = shape;
  const order = { taps: Array.from({ length: window }, (_, tap) => tap), offsets: new Int32Array(window) };
  const packed = packSparseWeights(weights, shape, order, 4, indices, counted);
  const starts = new Int32Array(roundUp(outChannels, blockChannels) + 1);
  const offsets = new Uint16Array(counted.gathered);
  const words = new Int8Array(4 * counted.gathered);
  let at = 0;
  for (let out = 0; out < outChannels; out++) {
    const [first = 0, end = 0] = packed.starts.subarray(out, out + 2);
    words.set(packed.words.subarray(4 * first, 4 * end), 4 * at);
    let position = 0;
    for (let word = first; word < end; word++) {
      position += packed.rows[word] ?? 0;
      offsets[at + word - first] = (tapOffsets[position % window] ?? 0) + 4 * Math.floor(position / window);
    }
    at += roundUp(end - first, 4);
    starts[out + 1] = at;
  }
  return { starts: starts.fill(at, outChannels), offsets, words, sums: packed.sums };
}
