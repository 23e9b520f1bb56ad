import type { Port } from '../compile/plan.js';
import { SpikeletError } from '../error.js';
import { knownNames } from '../graph/closest.js';
import type { GraphInput, GraphOutput, Meaning } from '../graph/graph.js';
import {
  allocate,
  type DataType,
  elementCount,
  formatShape,
  type Quantization,
  sameShape,
  type Tensor,
  type TypedArray,
} from '../graph/tensor.js';

/** An input or output of a model. */
export interface ModelPort {
  readonly name: string;
  readonly dtype: DataType;
  /** Outermost first; images are [batch, channels, height, width]. */
  readonly shape: readonly number[];
  /** What the integers of a `u8` port mean. */
  readonly quantization?: Quantization;
  /** What the values mean: normalization of an image, labels of classes. */
  readonly meaning?: Meaning;
}

/** A value for an input: a tensor of its shape, or its elements in order. */
export type TensorLike = Tensor | Values;

type Values = TypedArray | Uint8ClampedArray | readonly number[];

export function describePort({ description, type }: Port<GraphInput | GraphOutput>): ModelPort {
  const { meaning } = description;
  return {
    name: description.name,
    dtype: type.dtype,
    shape: type.shape,
    ...(type.quantization && { quantization: type.quantization }),
    ...(meaning && { meaning }),
  };
}

/** What an input must be. */
interface ExpectedInput {
  readonly description: Pick<GraphInput, 'name'>;
  readonly type: Pick<ModelPort, 'dtype' | 'shape'>;
}

/** Elements for each input in the order of the plan, checked: whatever is wrong with them throws here. */
export function checkInputs(
  plan: { readonly inputs: readonly ExpectedInput[] },
  given: Readonly<Record<string, TensorLike>>,
): readonly TypedArray[] {
  if (typeof given !== 'object' || given === null)
    reject('inputs', 'must be an object of tensors by input name');
  const names = plan.inputs.map((input) => input.description.name);
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) reject(name, `the model has no such input${knownNames(name, names)}`);
  }
  return plan.inputs.map(({ description: { name }, type }) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null)
      reject(name, `is missing: expected ${type.dtype}${formatShape(type.shape)}`);
    const data = elements(name, value, type.dtype, type.shape);
    if (data instanceof Float32Array) checkFinite(name, data);
    return data;
  });
}

function reject(name: string, message: string): never {
  throw new SpikeletError('invalid-input', message, { where: `input '${name}'` });
}

const fields = ['dtype', 'shape', 'data'] as const;

function elements(name: string, value: TensorLike, dtype: DataType, shape: readonly number[]): TypedArray {
  const isTensor = typeof value === 'object' && fields.some((field) => field in value);
  const given = isTensor ? tensorData(name, value as Tensor, dtype, shape) : (value as Values);
  if (!Array.isArray(given) && !ArrayBuffer.isView(given)) {
    reject(name, `must be a tensor, a typed array or an array of numbers, got ${kindOf(given)}`);
  }
  const data = typed(name, given, dtype);
  const count = elementCount(shape);
  if (data.length !== count) {
    reject(name, `has ${data.length} elements, expected ${count} for ${dtype}${formatShape(shape)}`);
  }
  return data;
}

const arrayName = (dtype: DataType): string => allocate(dtype, 0).constructor.name;

function tensorData(name: string, tensor: Tensor, dtype: DataType, shape: readonly number[]): Values {
  const missing = fields.find((field) => (tensor[field] ?? undefined) === undefined);
  if (missing) {
    const expected = `dtype: '${dtype}', shape: ${formatShape(shape)}, data: ${arrayName(dtype)}`;
    reject(name, `has no ${missing}, expected { ${expected} }`);
  }
  if (tensor.dtype !== dtype) reject(name, `is ${tensor.dtype}, expected ${dtype}`);
  if (!Array.isArray(tensor.shape) || !sameShape(tensor.shape, shape)) {
    reject(name, `has shape ${formatShape([tensor.shape].flat())}, expected ${formatShape(shape)}`);
  }
  return tensor.data;
}

function typed(name: string, data: Values, dtype: DataType): TypedArray {
  switch (dtype) {
    case 'f32':
      return data instanceof Float32Array ? data : Float32Array.from(numbers(name, data, dtype));
    case 'i32':
      return data instanceof Int32Array
        ? data
        : Int32Array.from(integers(name, data, dtype, -(2 ** 31), 2 ** 31 - 1));
    case 'i8':
      return data instanceof Int8Array ? data : Int8Array.from(integers(name, data, dtype, -128, 127));
    case 'u8':
      if (data instanceof Uint8ClampedArray) return new Uint8Array(data.buffer, data.byteOffset, data.length);
      return data instanceof Uint8Array ? data : Uint8Array.from(integers(name, data, dtype, 0, 255));
  }
}

function numbers(name: string, data: Values, dtype: DataType): readonly number[] {
  if (!Array.isArray(data)) {
    reject(name, `is ${kindOf(data)}, expected ${arrayName(dtype)} or an array of numbers`);
  }
  // Unlike forEach, this sees the holes of an array.
  for (let i = 0; i < data.length; i++) {
    const value: unknown = data[i];
    if (typeof value !== 'number') reject(`${name}[${i}]`, `is ${kindOf(value)}, expected a number`);
  }
  return data;
}

function integers(
  name: string,
  data: Values,
  dtype: DataType,
  least: number,
  greatest: number,
): readonly number[] {
  const values = numbers(name, data, dtype);
  values.forEach((value, i) => {
    if (!Number.isInteger(value) || value < least || value > greatest) {
      reject(`${name}[${i}]`, `is ${value}, expected an integer from ${least} to ${greatest}`);
    }
  });
  return values;
}

/** One pass that stays fast: a product with zero is zero for finite values and NaN for all others. */
function checkFinite(name: string, data: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] ?? 0) * 0;
  if (sum === 0) return;
  const i = data.findIndex((value) => !Number.isFinite(value));
  reject(`${name}[${i}]`, `is ${data[i]}, expected a finite number`);
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value === null ? 'null' : typeof value);
  return value.constructor?.name ?? 'object';
}

/** A view of a port's elements in linear memory. */
export function portView(memory: WebAssembly.Memory, { address, type }: Port<unknown>): TypedArray {
  const count = elementCount(type.shape);
  switch (type.dtype) {
    case 'f32':
      return new Float32Array(memory.buffer, address, count);
    case 'i32':
      return new Int32Array(memory.buffer, address, count);
    case 'i8':
      return new Int8Array(memory.buffer, address, count);
    case 'u8':
      return new Uint8Array(memory.buffer, address, count);
  }
}
