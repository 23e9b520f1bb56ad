import { largestSize } from '../../graph/attributes.js';
import { elementCount } from '../../graph/tensor.js';
import { unpackHalves } from '../half.js';
import { rejectModel, shorten } from '../json.js';
import type { TensorMessage } from './model.js';
import { rejectOperator } from './unsupported.js';

/** Element types of tensors that the importer computes with. f16 and f64 become f32, i64 is held in doubles. */
export type HostType = 'f32' | 'u8' | 'i8' | 'i32' | 'i64' | 'bool';

/** A tensor whose numbers are known at import. */
export interface HostTensor {
  readonly type: HostType;
  readonly shape: readonly number[];
  readonly data: HostData;
}

export type HostData = Float32Array | Uint8Array | Int8Array | Int32Array | Float64Array;

/** Names of TensorProto.DataType by number, for messages. */
const elementNames = [
  'undefined',
  'float',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'double',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
] as const;

export const elementName = (elementType: number): string =>
  elementNames[elementType] ?? `type ${elementType}`;

/** The element type that values of an ONNX type have here; undefined where there is none. */
export function hostTypeOf(elementType: number): HostType | undefined {
  switch (elementName(elementType)) {
    case 'float':
    case 'float16':
    case 'double':
      return 'f32';
    case 'uint8':
      return 'u8';
    case 'int8':
      return 'i8';
    case 'int32':
      return 'i32';
    case 'int64':
      return 'i64';
    case 'bool':
      return 'bool';
    default:
      return undefined;
  }
}

export function allocateHost(type: HostType, count: number): HostData {
  switch (type) {
    case 'f32':
      return new Float32Array(count);
    case 'u8':
    case 'bool':
      return new Uint8Array(count);
    case 'i8':
      return new Int8Array(count);
    case 'i32':
      return new Int32Array(count);
    case 'i64':
      return new Float64Array(count);
  }
}

/** The bytes at an address that fits 8-byte elements. */
const alignedBuffer = (bytes: Uint8Array): Uint8Array => (bytes.byteOffset % 8 === 0 ? bytes : bytes.slice());

const rawSizes: Readonly<Record<string, number>> = {
  float: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  double: 8,
};

/** Elements of `raw_data`, little-endian: a view of the file where it can be one. */
function fromRaw(raw: Uint8Array, name: string, count: number): HostData {
  const { buffer, byteOffset } = alignedBuffer(raw);
  switch (name) {
    case 'float':
      return new Float32Array(buffer, byteOffset, count);
    case 'double':
      return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    case 'float16':
      return unpackHalves(raw);
    case 'int32':
      return new Int32Array(buffer, byteOffset, count);
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'int8':
      return new Int8Array(raw.buffer, raw.byteOffset, count);
    default:
      return raw;
  }
}

/** Elements of the typed fields of a tensor; f16 are stored as their bits in integers. */
function fromFields(message: TensorMessage, name: string): readonly number[] | Float32Array {
  switch (name) {
    case 'float':
      return message.floats;
    case 'double':
      return message.doubles;
    case 'float16':
      return unpackHalves(new Uint8Array(Uint16Array.from(message.integers).buffer));
    default:
      return message.integers;
  }
}

/** The numbers of a TensorProto. Throws `invalid-model` where they do not match the shape. */
export function readHostTensor(message: TensorMessage): HostTensor {
  const where = `tensor '${shorten(message.name)}' at byte ${message.offset}`;
  const type = hostTypeOf(message.elementType);
  const name = elementName(message.elementType);
  if (message.external) {
    rejectOperator(
      'keeps its numbers in another file: save the model with its data inside, as one .onnx file',
    );
  }
  if (!type) rejectOperator(`element type ${name} is not supported`);
  const shape = message.dimensions;
  const count = elementCount(shape);
  if (shape.some((d) => d < 0 || d > largestSize) || count > largestSize * 4) {
    rejectModel(where, `shape [${shape.join(', ')}] is impossible`);
  }
  const size = rawSizes[name] ?? 1;
  if (message.raw) {
    if (message.raw.length !== count * size) {
      rejectModel(
        where,
        `has ${message.raw.length} bytes, ${name} [${shape.join(', ')}] needs ${count * size}`,
      );
    }
    return { type, shape, data: fromRaw(message.raw, name, count) };
  }
  const elements = fromFields(message, name);
  if (elements.length !== count) {
    rejectModel(where, `has ${elements.length} elements, its shape [${shape.join(', ')}] needs ${count}`);
  }
  const data = allocateHost(type, count);
  data.set(elements);
  return { type, shape, data };
}
