import { SpikeletError } from '../../../error.js';
import { checkClaim } from '../raster.js';
import { type SampleType, sampleBytes, samplesOf } from '../samples.js';
import { inflate } from './inflate.js';
import { chooseVariable, type MatlabVariable, type NumericArray } from './variable.js';

const headerBytes = 128;
/** A variable's type, sizes and name lie within its first bytes. */
const prologBytes = 4096;
const compressedType = 15;
const matrixType = 14;
const longestName = 63;
const mostDimensions = 32;

/** Types of elements of the format, by their code. */
const elementTypes: Readonly<Record<number, SampleType>> = {
  1: 'i8',
  2: 'u8',
  3: 'i16',
  4: 'u16',
  5: 'i32',
  6: 'u32',
  7: 'f32',
  9: 'f64',
  12: 'i64',
  13: 'u64',
};

/** Classes of arrays by their code; from 6 on they are numbers. */
const classes: readonly string[] = [
  '',
  'cell',
  'struct',
  'object',
  'char',
  'sparse',
  'double',
  'single',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
];
const firstNumeric = 6;
const complexFlag = 0x800;

/** Bytes of a file, or of a part of it that was unpacked, with what is needed to read and to name places. */
interface Source {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** The place of byte `at`, for messages. */
  place(at: number): string;
}

interface Element {
  readonly type: number;
  /** Where its tag is, then where its data begins. */
  readonly tag: number;
  readonly at: number;
  readonly bytes: number;
  /** Where the next element begins. */
  readonly next: number;
}

const fail = (source: Source, at: number, message: string, cause?: unknown): never => {
  throw new SpikeletError('invalid-input', message, { where: source.place(at), cause });
};

/** The tag of an element: in 4 bytes, with up to 4 of data behind it, or in 8. */
function readTag(source: Source, at: number): Element {
  const { bytes, littleEndian } = source;
  if (at + 8 > bytes.length) fail(source, at, 'is cut off: expected the tag of an element');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint32(at, littleEndian);
  if (first > 0xffff) {
    const size = first >>> 16;
    if (size > 4) fail(source, at, `a small element claims ${size} bytes, expected at most 4`);
    return { type: first & 0xffff, tag: at, at: at + 4, bytes: size, next: at + 8 };
  }
  const size = view.getUint32(at + 4, littleEndian);
  // All but compressed elements fill up to 8 bytes.
  const padded = first === compressedType ? size : Math.ceil(size / 8) * 8;
  return { type: first, tag: at, at: at + 8, bytes: size, next: at + 8 + padded };
}

function readPart(source: Source, at: number, type: number, what: string): Element {
  const element = readTag(source, at);
  if (element.type !== type) {
    fail(source, at, `expected ${what} (type ${type}), got an element of type ${element.type}`);
  }
  if (element.at + element.bytes > source.bytes.length) fail(source, at, `${what}: reaches beyond the end`);
  return element;
}

/** What stands before the numbers of an array. `at` is where its flags begin. */
function readProlog(source: Source, at: number): Omit<MatlabVariable, 'read'> & { readonly dataAt: number } {
  const { bytes, littleEndian } = source;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = readPart(source, at, 6, 'array flags');
  if (flags.bytes !== 8) fail(source, at, `array flags have ${flags.bytes} bytes, expected 8`);
  const word = view.getUint32(flags.at, littleEndian);
  const kind = classes[word & 0xff] ?? '';
  const isNumeric = (word & 0xff) >= firstNumeric && kind !== '' && (word & complexFlag) === 0;
  if (kind === '') return { name: '', kind: 'opaque', isNumeric: false, dimensions: [], dataAt: 0 };
  const sizes = readPart(source, flags.next, 5, 'dimensions');
  if (sizes.bytes % 4 !== 0 || sizes.bytes < 8 || sizes.bytes > 4 * mostDimensions) {
    fail(
      source,
      flags.next,
      `dimensions have ${sizes.bytes} bytes, expected 4 for each of 2 to ${mostDimensions}`,
    );
  }
  const dimensions = Array.from({ length: sizes.bytes / 4 }, (_, i) =>
    view.getInt32(sizes.at + 4 * i, littleEndian),
  );
  const label = readPart(source, sizes.next, 1, 'a name');
  if (label.bytes > longestName) fail(source, sizes.next, `the name has ${label.bytes} bytes`);
  const name = new TextDecoder().decode(bytes.subarray(label.at, label.at + label.bytes));
  const described = (word & complexFlag) === 0 ? kind : `complex ${kind}`;
  return { name, kind: described, isNumeric, dimensions, dataAt: label.next };
}

/** Checks that the numbers are all there, then gives them in the type they are stored in. */
function readNumbers(source: Source, at: number, dimensions: readonly number[]): NumericArray {
  const element = readTag(source, at);
  const type = elementTypes[element.type];
  if (type === undefined) return fail(source, at, `expected numbers, got an element of type ${element.type}`);
  const count = dimensions.reduce((product, size) => product * size, 1);
  if (element.bytes !== count * sampleBytes[type]) {
    fail(
      source,
      at,
      `${element.bytes} bytes of ${type} for ${dimensions.join('x')} numbers, expected ${count * sampleBytes[type]}`,
    );
  }
  const end = element.at + element.bytes;
  if (end > source.bytes.length) {
    fail(source, source.bytes.length, `is cut off: the numbers reach to byte ${end}`);
  }
  const part = source.bytes.subarray(element.at, end);
  return { dimensions, samples: samplesOf(part, type, source.littleEndian, source.place(at)) };
}

function plainVariable(source: Source, element: Element, memoryLimit: number): MatlabVariable {
  const { dataAt, ...about } = readProlog(source, element.at);
  return {
    ...about,
    async read() {
      checkClaim(about.dimensions, 1, memoryLimit, source.place(element.tag));
      return readNumbers(source, dataAt, about.dimensions);
    },
  };
}

async function compressedVariable(
  source: Source,
  element: Element,
  memoryLimit: number,
): Promise<MatlabVariable> {
  const packed = source.bytes.subarray(element.at, element.at + element.bytes);
  const outer = source.place(element.tag);
  const place = (at: number): string => `${outer}, unpacked byte ${at}`;
  const unpack = async (atMost: number): Promise<Source> => ({
    bytes: await inflate(packed, atMost, outer),
    littleEndian: source.littleEndian,
    place,
  });
  const start = await unpack(prologBytes);
  const matrix = readTag(start, 0);
  if (matrix.type !== matrixType) fail(start, 0, `expected an array, got an element of type ${matrix.type}`);
  const { dataAt, ...about } = readProlog(start, matrix.at);
  return {
    ...about,
    async read() {
      checkClaim(about.dimensions, 1, memoryLimit, outer);
      if (matrix.bytes > memoryLimit + prologBytes) {
        throw new SpikeletError('out-of-memory', `unpacks to ${matrix.bytes} bytes, limit ${memoryLimit}`, {
          where: outer,
        });
      }
      const whole = await unpack(matrix.at + matrix.bytes);
      return readNumbers(whole, dataAt, about.dimensions);
    },
  };
}

export const isMatlab5 = (bytes: Uint8Array): boolean =>
  bytes.length >= headerBytes &&
  ((bytes[126] === 0x49 && bytes[127] === 0x4d) || (bytes[126] === 0x4d && bytes[127] === 0x49)) &&
  new TextDecoder('latin1').decode(bytes.subarray(0, 10)) === 'MATLAB 5.0';

/** Variables of a file, without their numbers. Those that are no arrays of numbers are listed as well. */
async function listVariables(
  bytes: Uint8Array,
  name: string,
  memoryLimit: number,
): Promise<readonly MatlabVariable[]> {
  const source: Source = {
    bytes,
    littleEndian: bytes[126] === 0x49,
    place: (at) => `${name}: byte ${at}`,
  };
  const variables: MatlabVariable[] = [];
  for (let at = headerBytes; at < bytes.length; ) {
    const element = readTag(source, at);
    if (element.type !== compressedType && element.type !== matrixType) {
      fail(source, at, `expected a variable, got an element of type ${element.type}: the file is damaged`);
    }
    if (element.at + element.bytes > bytes.length) {
      fail(source, at, `a variable of ${element.bytes} bytes reaches beyond the end: the file is cut off`);
    }
    variables.push(
      element.type === compressedType
        ? await compressedVariable(source, element, memoryLimit)
        : plainVariable(source, element, memoryLimit),
    );
    at = element.next;
  }
  return variables;
}

/** The named array of numbers, or the only one with as many dimensions as asked for, column by column. */
export async function readMatlab5(
  bytes: Uint8Array,
  name: string,
  dimensions: 2 | 3,
  variable: string | undefined,
  memoryLimit: number,
): Promise<NumericArray> {
  const variables = await listVariables(bytes, name, memoryLimit);
  return chooseVariable(variables, name, dimensions, variable).read();
}
