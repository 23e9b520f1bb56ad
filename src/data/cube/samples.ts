import { SpikeletError } from '../../error.js';
import type { CubeShape, Samples } from './cube.js';

/** Types of samples that files can have; 64-bit integers are read as f64. */
export type SampleType = 'u8' | 'i8' | 'u16' | 'i16' | 'u32' | 'i32' | 'f32' | 'f64' | 'u64' | 'i64';

export const sampleBytes: Readonly<Record<SampleType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  f64: 8,
  u64: 8,
  i64: 8,
};

const littleEndianMachine = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes that can be looked at as samples: aligned, in the order of this machine. Copies only where it must. */
function machineBytes(bytes: Uint8Array, size: number, littleEndian: boolean): Uint8Array {
  const swap = size > 1 && littleEndian !== littleEndianMachine;
  if (!swap) return bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  const swapped = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) {
    for (let i = 0; i < size; i++) swapped[at + i] = bytes[at + size - 1 - i] ?? 0;
  }
  return swapped;
}

function fromLong(values: BigInt64Array | BigUint64Array, where: string): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    result[i] = Number(values[i]);
    if (!Number.isSafeInteger(result[i])) {
      throw new SpikeletError('unsupported', `the integer ${values[i]} has more than 53 bits`, { where });
    }
  }
  return result;
}

/**
 * Bytes of a file as samples: a view of them where the byte order and alignment allow it. The number of bytes must be
 * a multiple of the sample's.
 */
export function samplesOf(
  bytes: Uint8Array,
  type: SampleType,
  littleEndian: boolean,
  where: string,
): Samples {
  const size = sampleBytes[type];
  const { buffer, byteOffset, length } = machineBytes(bytes, size, littleEndian);
  const count = length / size;
  switch (type) {
    case 'u8':
      return new Uint8Array(buffer, byteOffset, count);
    case 'i8':
      return new Int8Array(buffer, byteOffset, count);
    case 'u16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'i16':
      return new Int16Array(buffer, byteOffset, count);
    case 'u32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'i32':
      return new Int32Array(buffer, byteOffset, count);
    case 'f32':
      return new Float32Array(buffer, byteOffset, count);
    case 'f64':
      return new Float64Array(buffer, byteOffset, count);
    case 'u64':
      return fromLong(new BigUint64Array(buffer, byteOffset, count), where);
    case 'i64':
      return fromLong(new BigInt64Array(buffer, byteOffset, count), where);
  }
}

/** Distance in samples between neighbours in a file. */
export interface Strides {
  readonly row: number;
  readonly column: number;
  readonly band: number;
}

/** The three orders of ENVI files. */
export const interleaves = {
  bsq: ({ height, width }: CubeShape): Strides => ({ row: width, column: 1, band: height * width }),
  bil: ({ width, bands }: CubeShape): Strides => ({ row: width * bands, column: 1, band: width }),
  bip: ({ width, bands }: CubeShape): Strides => ({ row: width * bands, column: bands, band: 1 }),
} as const;

export type Interleave = keyof typeof interleaves;

/** The order of MATLAB arrays, first index fastest, and of HDF5 files that MATLAB writes. */
export const columnMajor = ({ height, width }: CubeShape): Strides => ({
  row: 1,
  column: height,
  band: height * width,
});

/** Samples with the bands of a pixel together. Returns the given ones where they lie so already. */
export function byPixel(samples: Samples, shape: CubeShape, strides: Strides): Samples {
  const { height, width, bands } = shape;
  const own = interleaves.bip(shape);
  if (strides.row === own.row && strides.column === own.column && (strides.band === 1 || bands === 1)) {
    return samples;
  }
  const result = samples.slice();
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let from = row * strides.row + column * strides.column;
      for (let band = 0; band < bands; band++, from += strides.band) result[to++] = samples[from] ?? 0;
    }
  }
  return result;
}
