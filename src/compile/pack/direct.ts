import { type Arithmetic, blockChannels } from './weights.js';

/** Weights of one convolution as the graph has them: [outChannels][channels][window]. */
export interface PlainShape {
  readonly outChannels: number;
  readonly channels: number;
  /** Positions of the window. */
  readonly window: number;
}

/** Packed weights with what the compiler wants to know of them. */
export interface DirectlyPacked {
  readonly packed: Uint8Array;
  /** Sum of each output channel's weights. */
  readonly sums: Int32Array;
  readonly nonZero: number;
}

const wordBytes = { relaxed: 4, simd: 2 } as const;

/** Whether {@link packDirectly} can do it: nothing has to be filled up with zeros. */
export function packsDirectly({ outChannels, channels }: PlainShape): boolean {
  return outChannels % blockChannels === 0 && channels % 4 === 0;
}

/**
 * OIHW weights to the packed order of u8i8_conv_6x8 in one pass: what arrangeIntegers and packIntegerWeights give
 * one after the other, for whole blocks and whole steps, where loading a model spends most of its time.
 */
export function packDirectly(weights: Int8Array, shape: PlainShape, arithmetic: Arithmetic): DirectlyPacked {
  const packed = new Uint8Array(weights.length);
  const patch = shape.channels * shape.window;
  const sums = new Int32Array(shape.outChannels);
  const words = arithmetic === 'relaxed' ? new Int32Array(packed.buffer) : new Int16Array(packed.buffer);
  const steps = patch / wordBytes[arithmetic];
  let zeros = 0;
  for (let channel = 0; channel < shape.outChannels; channel++) {
    const lane = channel % blockChannels;
    const row = weights.subarray(channel * patch, (channel + 1) * patch);
    const target = words.subarray((channel - lane) * steps + lane);
    zeros += arithmetic === 'relaxed' ? packWords(row, target, shape) : packHalves(row, target, shape);
    sums[channel] = sumOf(row);
  }
  return { packed, sums, nonZero: weights.length - zeros };
}

function sumOf(row: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum = (sum + (row[i] as number)) | 0;
  return sum;
}

/** Four channels of a position to a word; gives the number of zeros. */
function packWords(
  row: Int8Array,
  target: Int32Array | Int16Array,
  { channels, window }: PlainShape,
): number {
  let to = 0;
  let zeros = 0;
  for (let position = 0; position < window; position++) {
    let from = position;
    for (let c = 0; c < channels; c += 4, from += 4 * window, to += blockChannels) {
      const low = ((row[from] as number) & 0xff) | (((row[from + window] as number) & 0xff) << 8);
      const high = ((row[from + 2 * window] as number) & 0xff) | ((row[from + 3 * window] as number) << 8);
      const word = low | (high << 16);
      target[to] = word;
      if (((word - 0x01010101) & ~word & 0x80808080) !== 0) zeros += zeroBytes(word);
    }
  }
  return zeros;
}

/** Two channels of a position to a half-word; gives the number of zeros. */
function packHalves(
  row: Int8Array,
  target: Int32Array | Int16Array,
  { channels, window }: PlainShape,
): number {
  let to = 0;
  let zeros = 0;
  for (let position = 0; position < window; position++) {
    let from = position;
    for (let c = 0; c < channels; c += 2, from += 2 * window, to += blockChannels) {
      const first = row[from] as number;
      const second = row[from + window] as number;
      target[to] = (first & 0xff) | (second << 8);
      zeros += (first === 0 ? 1 : 0) + (second === 0 ? 1 : 0);
    }
  }
  return zeros;
}

function zeroBytes(word: number): number {
  let count = 0;
  for (let shift = 0; shift < 32; shift += 8) if (((word >>> shift) & 0xff) === 0) count++;
  return count;
}
