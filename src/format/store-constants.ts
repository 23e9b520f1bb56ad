import { SpikeletError } from '../error.js';
import { byteSize, type Constant, type DataType, elementCount, type WeightBits } from '../graph/tensor.js';
import { greatestHalf, packHalves } from './half.js';
import { shorten } from './json.js';
import type { Container, StoredTensor, StoredType } from './safetensors.js';
import type { Sparsity } from './sparse-weights.js';
import { chooseEncoding, encodeWeights } from './weight-encoding.js';

type Tensors = Container['tensors'];

/** A constant as the graph's JSON describes it. */
interface ConstantDescription {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly bits?: WeightBits;
  readonly axis?: number;
  /** Name of the F32 tensor with the scales. */
  readonly scales?: string;
  /** How the tensor holds only the weights that are not zero; none where it holds them all. */
  readonly sparsity?: Sparsity;
}

const storedTypes: Readonly<Record<DataType, StoredType>> = { f32: 'F32', i32: 'I32', u8: 'U8', i8: 'I8' };

const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function rejectConstant(name: string, message: string): never {
  throw new SpikeletError('invalid-model', message, { where: `constant '${shorten(name)}'` });
}

/** Weights in a bit stream must fit in their bits: a wider one would come back as another number. */
function checkWeightRange(name: string, data: Int8Array, bits: WeightBits): void {
  const limit = 2 ** (bits - 1);
  const wide = data.findIndex((value) => value < -limit || value >= limit);
  if (wide >= 0) rejectConstant(name, `weight ${data[wide]} at index ${wide} does not fit in ${bits} bits`);
}

function storeFloats(data: Float32Array, shape: readonly number[], storage: 'f32' | 'f16'): StoredTensor {
  const fits = storage === 'f16' && data.every((value) => !(Math.abs(value) > greatestHalf));
  return fits
    ? { dtype: 'F16', shape, bytes: packHalves(data) }
    : { dtype: 'F32', shape, bytes: bytesOf(data) };
}

interface StoredConstant {
  readonly tensor: StoredTensor;
  readonly sparsity?: Sparsity;
}

function storeWeights(data: Int8Array, shape: readonly number[], bits: WeightBits): StoredConstant {
  const encoding = chooseEncoding(data, bits);
  const { sparsity } = encoding;
  if (bits === 8 && !sparsity) return { tensor: { dtype: 'I8', shape, bytes: bytesOf(data) } };
  const bytes = encodeWeights(data, bits, encoding);
  return { tensor: { dtype: 'U8', shape: [bytes.length], bytes }, ...(sparsity && { sparsity }) };
}

function storeData(
  name: string,
  constant: Constant,
  floatStorage: 'f32' | 'f16' | undefined,
): StoredConstant {
  const { data, shape, dtype, quantization } = constant;
  if (data.length !== elementCount(shape) || data.BYTES_PER_ELEMENT !== byteSize[dtype]) {
    rejectConstant(
      name,
      `has ${data.length} elements in ${data.constructor.name}, its ${dtype} shape asks for ${elementCount(shape)}`,
    );
  }
  if (data instanceof Float32Array)
    return { tensor: storeFloats(data, shape, floatStorage ?? constant.storage ?? 'f32') };
  if (data instanceof Int8Array && quantization) {
    checkWeightRange(name, data, quantization.bits);
    return storeWeights(data, shape, quantization.bits);
  }
  return { tensor: { dtype: storedTypes[dtype], shape, bytes: bytesOf(data) } };
}

/** Constants as the container stores them, with the JSON that describes them. */
export function storeConstants(
  constants: ReadonlyMap<string, Constant>,
  floatStorage?: 'f32' | 'f16',
): { readonly tensors: Tensors; readonly descriptions: Readonly<Record<string, ConstantDescription>> } {
  const tensors = new Map<string, StoredTensor>();
  const descriptions: [string, ConstantDescription][] = [];
  for (const [name, constant] of constants) {
    const { dtype, shape, quantization } = constant;
    if (name.startsWith('__')) rejectConstant(name, 'names that start with __ are kept for the container');
    const { tensor, sparsity } = storeData(name, constant, floatStorage);
    tensors.set(name, tensor);
    if (!quantization) {
      descriptions.push([name, { dtype, shape }]);
      continue;
    }
    let scales = `${name}.scales`;
    while (constants.has(scales) || tensors.has(scales)) scales += '_';
    tensors.set(scales, {
      dtype: 'F32',
      shape: [quantization.scales.length],
      bytes: bytesOf(quantization.scales),
    });
    const { bits, axis } = quantization;
    descriptions.push([name, { dtype, shape, bits, axis, scales, ...(sparsity && { sparsity }) }]);
  }
  return { tensors, descriptions: Object.fromEntries(descriptions) };
}
