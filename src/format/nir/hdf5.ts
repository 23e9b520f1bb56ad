import { Dataset, File, Filters, Group } from 'jsfive';
import { SpikeletError } from '../../error.js';
import { withBoundedInflate } from '../../hdf5/bounded-inflate.js';
import { CountedBytes } from '../../hdf5/counted-bytes.js';
import { hdf5Offset } from '../../hdf5/signature.js';
import { rejectModel } from '../json.js';

/** Numbers of a data set in row-major order; a single number has the shape []. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A group of a file. What it is asked for is undefined where it has nothing, or nothing such, of that name. */
export interface Hdf5Group {
  readonly names: readonly string[];
  group(name: string): Hdf5Group | undefined;
  numbers(name: string): NumberArray | undefined;
  texts(name: string): readonly string[] | undefined;
}

const denseGroup = new TextEncoder().encode('FRHP');
const greatestRank = 8;
/** Numbers that one file may hold. Deflate packs no more than 1032 bytes into one. */
const greatestCount = 2 ** 26;
const countPerByte = 1032 / 4;
const leastCount = 2 ** 16;

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Runs a call of the library and turns what it throws, often a text, into an error about the place. */
function guarded<Result>(where: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof SpikeletError && cause.where !== undefined) throw cause;
    rejectModel(
      where,
      `the HDF5 data is damaged, cut off or of a kind that is not read (${reason(cause)})`,
      cause,
    );
  }
}

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/** Numbers and texts that may still be read. */
class Allowance {
  #left: number;

  constructor(fileBytes: number) {
    this.#left = Math.min(greatestCount, leastCount + countPerByte * fileBytes);
  }

  take(shape: readonly number[], where: string): number {
    const count = product(shape);
    if (shape.length > greatestRank || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
      rejectModel(where, `has the impossible shape [${shape.slice(0, greatestRank).join(', ')}]`);
    }
    this.#left -= count;
    if (!(this.#left >= 0)) {
      rejectModel(where, `claims ${count} elements, more than a file of this size can hold`);
    }
    return count;
  }
}

const greatestItem = 16;

/** Elements as the library gives them, within bounds. */
function elements(set: Dataset, allowance: Allowance, where: string): readonly [number[], unknown[]] {
  const shape = guarded(where, () => [...set.shape]);
  const count = allowance.take(shape, where);
  const chunks = guarded(where, () => set._dataobjects.chunks);
  const inChunk = product(chunks ?? []);
  const fits = inChunk > 0 && inChunk <= leastCount + 2 ** shape.length * count;
  if (chunks && !fits) {
    rejectModel(where, `has chunks of ${inChunk} elements, which do not fit its shape [${shape.join(', ')}]`);
  }
  const values = guarded(where, () =>
    withBoundedInflate(Filters, inChunk * greatestItem, () => Array.from(set.value)),
  );
  if (values.length !== count) {
    rejectModel(where, `has ${values.length} elements, expected ${count}: the file is incomplete`);
  }
  return [shape, values];
}

class LibraryGroup implements Hdf5Group {
  readonly #group: Group;
  readonly #path: string;
  readonly #allowance: Allowance;
  readonly #known: ReadonlySet<string>;

  constructor(group: Group, path: string, allowance: Allowance) {
    this.#group = group;
    this.#path = path;
    this.#allowance = allowance;
    this.#known = guarded(path, () => new Set(group.keys));
  }

  get names(): readonly string[] {
    return [...this.#known];
  }

  #get(name: string): Group | Dataset | undefined {
    if (name.includes('/') || !this.#known.has(name)) return undefined;
    return guarded(this.#where(name), () => this.#group.get(name)) ?? undefined;
  }

  #where(name: string): string {
    return this.#path === '' ? name : `${this.#path}/${name}`;
  }

  group(name: string): Hdf5Group | undefined {
    const found = this.#get(name);
    return found instanceof Group ? new LibraryGroup(found, this.#where(name), this.#allowance) : undefined;
  }

  numbers(name: string): NumberArray | undefined {
    const found = this.#get(name);
    const where = this.#where(name);
    if (!(found instanceof Dataset)) return undefined;
    if (typeof guarded(where, () => found.dtype) !== 'string') return undefined;
    const [shape, values] = elements(found, this.#allowance, where);
    const data = Float64Array.from(values, (value, i) => {
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
      return rejectModel(where, `element ${i} of ${values.length} is no number, or is missing`);
    });
    return { shape, data };
  }

  texts(name: string): readonly string[] | undefined {
    const found = this.#get(name);
    const where = this.#where(name);
    if (!(found instanceof Dataset)) return undefined;
    const [, values] = elements(found, this.#allowance, where);
    if (!values.every((value) => typeof value === 'string')) return undefined;
    return values.map((text) => text.replace(/\0+$/, ''));
  }
}

const contains = (bytes: Uint8Array, text: Uint8Array): boolean => {
  for (let at = bytes.indexOf(text[0] ?? 0); at >= 0; at = bytes.indexOf(text[0] ?? 0, at + 1)) {
    if (text.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
};

/**
 * Opens an HDF5 file. Every read is bounded in time and memory by the size of the file and gives `invalid-model`, with
 * the path of the group or data set, where the file is damaged.
 */
export function openHdf5(bytes: Uint8Array): Hdf5Group {
  const offset = hdf5Offset(bytes);
  if (offset < 0) rejectModel('file', 'is not HDF5, as NIR graphs are: its signature is missing');
  if (contains(bytes, denseGroup)) {
    const message = "has groups in the form of newer HDF5 libraries: write it without libver='latest'";
    throw new SpikeletError('unsupported', message, { where: 'file' });
  }
  // Addresses in the file count from its signature.
  const own = new CountedBytes(bytes.subarray(offset));
  const root = guarded('file', () => new File(own, 'nir'));
  return new LibraryGroup(root, '', new Allowance(bytes.length));
}
