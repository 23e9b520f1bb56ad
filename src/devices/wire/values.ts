import type { WireError } from '../../engine/worker/protocol.js';
import { asArray, asChoice, asInteger, asObject, asString, field, parseJson } from '../../format/json.js';
import { allocate, byteSize, elementCount, type Tensor } from '../../graph/tensor.js';
import { encodedBytes } from '../../pipeline/activation/width.js';
import { rejectInput } from '../../pipeline/check.js';
import type { CutWidth } from '../../pipeline/index.js';
import { type Parcel, packValues } from '../../pipeline/run/parcel.js';
import { readError } from './error.js';

/** The values of an item, or the error that became of it. */
export type Contents = Pick<Parcel, 'values' | 'error'>;

type Packed = Parcel['values'][string];

/** What stands before the bytes of the tensors. */
interface Description {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  readonly shape: readonly number[];
  readonly bytes: number;
}

const lengthBytes = 4;
const alignment = 4;
const greatestDescription = 2 ** 20;
const mostDimensions = 8;
const mostElements = 2 ** 31;
const dtypes = ['f32', 'i32', 'u8', 'i8'] as const;

const aligned = (bytes: number): number => alignment * Math.ceil(bytes / alignment);

const bytesOf = (value: Packed): Uint8Array => {
  const { buffer, byteOffset, byteLength } = 'encoded' in value ? value.encoded : value.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
};

/** A parcel's bytes: length of the description, the description as JSON, the tensors in its order. Little-endian. */
export function writeContents({ values, error }: Contents): Uint8Array {
  const tensors = Object.entries(values);
  const descriptions = tensors.map(
    ([name, value]): Description => ({
      ...{ name, dtype: 'encoded' in value ? 'f32' : value.dtype, shape: value.shape },
      bytes: bytesOf(value).length,
    }),
  );
  const text = new TextEncoder().encode(JSON.stringify(error ? { error } : { values: descriptions }));
  let at = aligned(lengthBytes + text.length);
  const parcel = new Uint8Array(descriptions.reduce((sum, { bytes }) => sum + aligned(bytes), at));
  new DataView(parcel.buffer).setUint32(0, text.length, true);
  parcel.set(text, lengthBytes);
  for (const [, value] of tensors) {
    const bytes = bytesOf(value);
    parcel.set(bytes, at);
    at += aligned(bytes.length);
  }
  return parcel;
}

/** {@link writeContents} of tensors for a cut of some width. */
export const writeTensors = (tensors: Readonly<Record<string, Tensor>>, width: CutWidth): Uint8Array =>
  writeContents({ values: packValues(tensors, width) });

function readDescription(value: unknown, i: number): Description {
  const where = `value ${i}`;
  const object = asObject(value, where, ['name', 'dtype', 'shape', 'bytes']);
  const shape = asArray(field(object, 'shape'), `${where} shape`);
  if (shape.length > mostDimensions) rejectInput(where, `has ${shape.length} dimensions`);
  return {
    name: asString(field(object, 'name'), `${where} name`),
    dtype: asChoice(field(object, 'dtype'), dtypes, `${where} dtype`),
    shape: shape.map((size) => asInteger(size, 0, mostElements, `${where} shape`)),
    bytes: asInteger(field(object, 'bytes'), 0, mostElements, `${where} bytes`),
  };
}

function readValue({ dtype, shape }: Description, bytes: Uint8Array, width: CutWidth, where: string): Packed {
  const count = elementCount(shape);
  const isEncoded = dtype === 'f32' && width !== 'f32';
  const expected = isEncoded ? encodedBytes(count, width) : count * byteSize[dtype];
  if (bytes.length !== expected) {
    rejectInput(where, `has ${bytes.length} bytes, ${dtype} [${shape.join(', ')}] needs ${expected}`);
  }
  if (isEncoded) return { shape, encoded: bytes.slice() };
  const data = allocate(dtype, count);
  new Uint8Array(data.buffer).set(bytes);
  return { dtype, shape, data } as Tensor;
}

/** Reads what {@link writeContents} wrote. Throws `invalid-input` or `invalid-model` for anything else. */
export function readContents(parcel: Uint8Array, width: CutWidth): Contents {
  const where = 'parcel';
  if (parcel.length < lengthBytes) rejectInput(where, 'has no description');
  const length = new DataView(parcel.buffer, parcel.byteOffset, parcel.byteLength).getUint32(0, true);
  if (length > greatestDescription || length > parcel.length - lengthBytes) {
    rejectInput(where, `has a description of ${length} bytes, which it has no room for`);
  }
  const text = new TextDecoder().decode(parcel.subarray(lengthBytes, lengthBytes + length));
  const object = asObject(parseJson(text, where), where, ['values', 'error']);
  const error: WireError | undefined =
    field(object, 'error') === undefined ? undefined : readError(field(object, 'error'), where);
  if (error) return { values: {}, error };
  let at = aligned(lengthBytes + length);
  const values = asArray(field(object, 'values'), `${where} values`).map((value, i) => {
    const description = readDescription(value, i);
    const end = at + description.bytes;
    if (end > parcel.length) rejectInput(where, `ends before value '${description.name}'`);
    const packed = readValue(description, parcel.subarray(at, end), width, `value '${description.name}'`);
    at += aligned(description.bytes);
    return [description.name, packed] as const;
  });
  if (at !== parcel.length) rejectInput(where, `has ${parcel.length - at} bytes that belong to nothing`);
  return { values: Object.fromEntries(values) };
}
