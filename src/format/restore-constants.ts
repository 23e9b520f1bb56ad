import { type Constant, elementCount, sameShape, type WeightBits } from '../graph/tensor.js';
import { unpackHalves } from './half.js';
import { asChoice, asInteger, asObject, asString, field, rejectModel, shorten } from './json.js';
import type { Container, StoredTensor, StoredType } from './safetensors.js';
import { asShape } from './types.js';
import { packedBytes, unpackBits } from './weight-bits.js';

type Tensors = Container['tensors'];

/** Takes tensors out of the container by name, once each. */
class Shelf {
  readonly sparse: SparseWeights | undefined;
  readonly #tensors: Tensors;
  readonly #taken = new Set<string>();

  constructor(tensors: Tensors, sparse: SparseWeights | undefined) {
    this.#tensors = tensors;
    this.sparse = sparse;
  }

  /** A tensor of bytes, as many as there are. */
  takeBytes(name: string): Uint8Array {
    const { dtype, shape, bytes } = this.#take(name);
    if (dtype !== 'U8' || shape.length !== 1) {
      rejectModel(`tensor '${shorten(name)}'`, `is ${dtype} [${shape.join(', ')}], expected a row of U8`);
    }
    return bytes;
  }

  take(name: string, shape: readonly number[], dtypes: readonly StoredType[]): StoredTensor {
    const where = `tensor '${shorten(name)}'`;
    const tensor = this.#take(name);
    if (!dtypes.includes(tensor.dtype) || !sameShape(tensor.shape, shape)) {
      rejectModel(
        where,
        `is ${tensor.dtype} [${tensor.shape.join(', ')}], the graph expects ${dtypes.join(' or ')} [${shape.join(', ')}]`,
      );
    }
    return tensor;
  }

  #take(name: string): StoredTensor {
    const where = `tensor '${shorten(name)}'`;
    const tensor = this.#tensors.get(name) ?? rejectModel(where, 'the graph uses it, but the file has none');
    if (this.#taken.has(name)) rejectModel(where, 'is used for two constants');
    this.#taken.add(name);
    return tensor;
  }

  checkEmpty(): void {
    for (const name of this.#tensors.keys()) {
      if (!this.#taken.has(name)) rejectModel(`tensor '${shorten(name)}'`, 'the graph does not use it');
    }
  }
}

/** The bytes as an array of 4-byte elements: a view if they are aligned, else a copy. */
function aligned(bytes: Uint8Array): { readonly buffer: ArrayBufferLike; readonly offset: number } {
  return bytes.byteOffset % 4 === 0
    ? { buffer: bytes.buffer, offset: bytes.byteOffset }
    : { buffer: bytes.slice().buffer, offset: 0 };
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const { buffer, offset } = aligned(bytes);
  return new Float32Array(buffer, offset, bytes.length / 4);
}

function integersOf(bytes: Uint8Array): Int32Array {
  const { buffer, offset } = aligned(bytes);
  return new Int32Array(buffer, offset, bytes.length / 4);
}

const weightWidths = [2, 3, 4, 5, 6, 7, 8] as const;

function restoreWeight(name: string, shape: readonly number[], description: Fields, shelf: Shelf): Constant {
  const where = `constant '${shorten(name)}'`;
  const width = asInteger(field(description, 'bits'), 2, 8, `${where} bits`);
  const bits = weightWidths.find((known) => known === width) ?? 8;
  const axis = asInteger(field(description, 'axis'), 0, shape.length - 1, `${where} axis`);
  const channels = shape[axis] ?? 0;
  const scalesName = asString(field(description, 'scales'), `${where} scales`);
  const scales = floatsOf(shelf.take(scalesName, [channels], ['F32']).bytes);
  const bad = scales.findIndex((scale) => !(scale > 0 && scale < Number.POSITIVE_INFINITY));
  if (bad >= 0)
    rejectModel(`tensor '${shorten(scalesName)}'`, `scale ${bad} is ${scales[bad]}, must be positive`);
  const data = restoreIntegers(name, shape, bits, field(description, 'sparsity'), shelf);
  return { dtype: 'i8', shape, data, quantization: { bits, scales, axis } };
}

function restoreIntegers(
  name: string,
  shape: readonly number[],
  bits: WeightBits,
  sparsityValue: unknown,
  shelf: Shelf,
): Int8Array {
  const where = `tensor '${shorten(name)}'`;
  const count = elementCount(shape);
  if (sparsityValue !== undefined) {
    const { asSparsity, unpackSparse } =
      shelf.sparse ?? rejectModel(where, 'the decoder of sparse weights is missing');
    const sparsity = asSparsity(sparsityValue, count, bits, `constant '${shorten(name)}' sparsity`);
    return unpackSparse(shelf.takeBytes(name), count, sparsity, where);
  }
  return bits === 8
    ? signed(shelf.take(name, shape, ['I8']).bytes)
    : unpackBits(shelf.take(name, [packedBytes(count, bits)], ['U8']).bytes, count, bits);
}

type Fields = Readonly<Record<string, unknown>>;

const signed = (bytes: Uint8Array): Int8Array => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);

const quantizationFields = ['bits', 'axis', 'scales', 'sparsity'];

function restoreConstant(name: string, value: unknown, shelf: Shelf): Constant {
  const where = `constant '${shorten(name)}'`;
  const description = asObject(value, where, ['dtype', 'shape', ...quantizationFields]);
  const dtype = asChoice(field(description, 'dtype'), ['f32', 'u8', 'i8', 'i32'], `${where} dtype`);
  const shape = asShape(field(description, 'shape'), `${where} shape`);
  const quantized = quantizationFields.some((name) => field(description, name) !== undefined);
  if (quantized && dtype !== 'i8')
    rejectModel(where, `${quantizationFields.join(', ')} belong to i8, not to ${dtype}`);
  switch (dtype) {
    case 'f32': {
      const stored = shelf.take(name, shape, ['F32', 'F16']);
      return stored.dtype === 'F16'
        ? { dtype, shape, data: unpackHalves(stored.bytes), storage: 'f16' }
        : { dtype, shape, data: floatsOf(stored.bytes) };
    }
    case 'i32':
      return { dtype, shape, data: integersOf(shelf.take(name, shape, ['I32']).bytes) };
    case 'u8':
      return { dtype, shape, data: shelf.take(name, shape, ['U8']).bytes };
    case 'i8':
      return quantized
        ? restoreWeight(name, shape, description, shelf)
        : { dtype, shape, data: signed(shelf.take(name, shape, ['I8']).bytes) };
  }
}

/** What decodes sparse weights: loaded for the files that have some. */
export type SparseWeights = typeof import('./sparse-weights.js');

/** The constants that the graph's JSON describes: views of the file where its bytes can be used as they are. */
export function restoreConstants(
  value: unknown,
  tensors: Tensors,
  sparse: SparseWeights | undefined,
): ReadonlyMap<string, Constant> {
  const shelf = new Shelf(tensors, sparse);
  const constants = new Map<string, Constant>();
  for (const [name, description] of Object.entries(asObject(value, 'constants'))) {
    constants.set(name, restoreConstant(name, description, shelf));
  }
  shelf.checkEmpty();
  return constants;
}
