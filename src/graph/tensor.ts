/** Element types that values and constants of a graph can have. */
export type DataType = 'f32' | 'u8' | 'i8' | 'i32';

/** Affine quantization of an unsigned 8-bit activation: `real = scale * (q - zeroPoint)`. `scale` is an f32. */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Shape (outermost first, NCHW for images), element type and, for `u8`, what the integers mean. */
export interface TensorType {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly quantization?: Quantization;
}

export type TypedArray = Float32Array | Uint8Array | Int8Array | Int32Array;

/** A value: row-major elements of the given shape. */
export interface Tensor<Data extends TypedArray = TypedArray> {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: Data;
}

/** Widths that a stored weight can have. */
export type WeightBits = 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Symmetric weight quantization: `real = scales[channel] * q`, `q` in [-2^(bits-1), 2^(bits-1) - 1]. */
export interface WeightQuantization {
  readonly bits: WeightBits;
  /** One scale per index along `axis`. */
  readonly scales: Float32Array;
  readonly axis: number;
}

/**
 * A weight of a graph. Integer weights are `i8` with a `quantization` that says how many of the bits are used;
 * the container stores just those.
 */
export interface Constant {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
  readonly quantization?: WeightQuantization;
  /** How an `f32` constant is stored in the container; computation is always in f32. */
  readonly storage?: 'f32' | 'f16';
}

export const elementCount = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

export const byteSize: Readonly<Record<DataType, number>> = { f32: 4, u8: 1, i8: 1, i32: 4 };

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

export function formatType(type: TensorType): string {
  const q = type.quantization;
  return `${type.dtype}${formatShape(type.shape)}${q ? ` scale ${q.scale} zero point ${q.zeroPoint}` : ''}`;
}

/** A zero-filled array of the element type. */
export function allocate(dtype: DataType, count: number): TypedArray {
  switch (dtype) {
    case 'f32':
      return new Float32Array(count);
    case 'u8':
      return new Uint8Array(count);
    case 'i8':
      return new Int8Array(count);
    case 'i32':
      return new Int32Array(count);
  }
}
