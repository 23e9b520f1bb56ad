import { SpikeletError } from '../../../error.js';
import { CountedBytes } from '../../../hdf5/counted-bytes.js';
import { hdf5Offset } from '../../../hdf5/signature.js';
import type { Samples } from '../cube.js';
import { checkClaim } from '../raster.js';
import { type SampleType, sampleBytes } from '../samples.js';
import { chooseVariable, type MatlabVariable, type NumericArray } from './variable.js';

/** What jsfive takes for each number while it reads. */
const boxedBytes = 8;

const types: Readonly<Record<string, SampleType>> = {
  u1: 'u8',
  i1: 'i8',
  u2: 'u16',
  i2: 'i16',
  u4: 'u32',
  i4: 'i32',
  f4: 'f32',
  f8: 'f64',
  u8: 'u64',
  i8: 'i64',
};

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Runs a call of the library and turns what it throws into an error about the file. */
function guarded<Result>(where: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof SpikeletError) throw cause;
    throw new SpikeletError(
      'invalid-input',
      `the HDF5 data is damaged, cut off or of a kind that is not read (${reason(cause)})`,
      { where, cause },
    );
  }
}

function allocate(type: SampleType, count: number): Samples {
  switch (type) {
    case 'u8':
      return new Uint8Array(count);
    case 'i8':
      return new Int8Array(count);
    case 'u16':
      return new Uint16Array(count);
    case 'i16':
      return new Int16Array(count);
    case 'u32':
      return new Uint32Array(count);
    case 'i32':
      return new Int32Array(count);
    case 'f32':
      return new Float32Array(count);
    case 'f64':
    case 'u64':
    case 'i64':
      return new Float64Array(count);
  }
}

/** Numbers as a typed array. Throws if some are missing: a chunk that is not in the file. */
function typed(values: ArrayLike<unknown>, type: SampleType, count: number, where: string): Samples {
  if (values.length !== count) {
    throw new SpikeletError('invalid-input', `has ${values.length} numbers, expected ${count}`, { where });
  }
  const result = allocate(type, count);
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new SpikeletError(
        'invalid-input',
        `number ${i} of ${count} is not in the file: it is incomplete`,
        {
          where,
        },
      );
    }
    result[i] = Number(value);
  }
  return result;
}

/** MATLAB lists the dimensions of its arrays backwards; other writers of HDF5 list them as they are. */
interface Dialect {
  readonly isMatlab: boolean;
  readonly memoryLimit: number;
  /** Makes a call with bounds on what chunks unpack to, in bytes. */
  bounded<Result>(chunkBytes: number, call: () => Result): Result;
}

/** Part of a data set of the library that is needed here. */
interface Stored {
  readonly shape: readonly number[];
  readonly dtype: string | readonly unknown[];
  /** Undefined for layouts that the library does not know. */
  readonly value: ArrayLike<unknown> | undefined;
  readonly _dataobjects: { readonly chunks: readonly number[] | null };
}

/** Smallest chunk that is refused for being larger than its data set. */
const largeChunk = 1 << 16;

/**
 * Numbers in a chunk. Throws if they are far more than the data has: the library walks over every element of a chunk
 * that is claimed.
 */
function chunkSize(stored: Stored, count: number, where: string): number {
  const chunks = guarded(where, () => stored._dataobjects.chunks);
  const size = (chunks ?? []).reduce((product, side) => product * side, 1);
  if (size > 0 && size <= Math.max(largeChunk, 4 * count)) return size;
  throw new SpikeletError('invalid-input', `chunks of ${chunks?.join('x')} for ${count} numbers`, { where });
}

function variableOf(
  name: string,
  stored: Stored,
  file: string,
  { isMatlab, memoryLimit, bounded }: Dialect,
): MatlabVariable {
  const where = `${file}: variable '${name}'`;
  const { shape, dtype } = guarded(where, () => ({ shape: [...stored.shape], dtype: stored.dtype }));
  const type = typeof dtype === 'string' ? types[dtype.replace(/^[<>=|]/, '')] : undefined;
  const dimensions = isMatlab ? shape.reverse() : shape;
  return {
    name,
    kind: type ?? 'no numbers',
    isNumeric: type !== undefined,
    dimensions,
    async read(): Promise<NumericArray> {
      if (type === undefined) throw new SpikeletError('unsupported', 'holds no real numbers', { where });
      checkClaim(dimensions, boxedBytes + sampleBytes[type], memoryLimit, where);
      const count = dimensions.reduce((product, size) => product * size, 1);
      const chunkBytes = chunkSize(stored, count, where) * sampleBytes[type];
      const values = guarded(where, () => bounded(chunkBytes, () => stored.value ?? []));
      return { dimensions, samples: typed(values, type, count, where) };
    },
  };
}

/**
 * The named data set, or the only one with as many dimensions as asked for. `isMatlab` says whether its first index is
 * the fastest, as MATLAB writes, or its last.
 */
export async function readMatlab73(
  bytes: Uint8Array,
  file: string,
  dimensions: 2 | 3,
  variable: string | undefined,
  memoryLimit: number,
): Promise<NumericArray & { readonly isMatlab: boolean }> {
  const { Dataset, File, Filters } = await import('jsfive');
  const { withBoundedInflate } = await import('../../../hdf5/bounded-inflate.js');
  const offset = hdf5Offset(bytes);
  // Addresses in the file count from its signature. The library keeps the buffer, so it gets one of its own.
  const own = new CountedBytes(bytes.subarray(offset));
  const root = guarded(file, () => new File(own, file));
  const bounded = <Result>(chunkBytes: number, call: () => Result): Result =>
    withBoundedInflate(Filters, chunkBytes, call);
  const isMatlab = new TextDecoder('latin1').decode(bytes.subarray(0, 6)) === 'MATLAB';
  const variables = guarded(file, () => root.keys.filter((key) => !key.startsWith('#'))).flatMap((name) => {
    const where = `${file}: variable '${name}'`;
    const stored = guarded(where, () => root.get(name));
    if (!(stored instanceof Dataset)) return [];
    const ofMatlab = isMatlab || guarded(where, () => Object.hasOwn(stored.attrs, 'MATLAB_class'));
    return [
      { ofMatlab, variable: variableOf(name, stored, file, { isMatlab: ofMatlab, memoryLimit, bounded }) },
    ];
  });
  const chosen = chooseVariable(
    variables.map((item) => item.variable),
    file,
    dimensions,
    variable,
  );
  const ofMatlab = variables.find((item) => item.variable === chosen)?.ofMatlab ?? isMatlab;
  return { ...(await chosen.read()), isMatlab: ofMatlab };
}
