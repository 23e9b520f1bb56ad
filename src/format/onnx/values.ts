import type { TensorType } from '../../graph/tensor.js';
import { allocateHost, type HostTensor } from './host-tensor.js';

/** Constant integers as the file has them: `real = scale * (integer - zero point)`, both per index along `axis`. */
export interface QuantizedTensor {
  readonly shape: readonly number[];
  readonly data: Int8Array | Uint8Array | Int32Array;
  /** One, or one for each index along `axis`. */
  readonly scales: Float32Array;
  /** As many as scales. */
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

/** A value that the graph computes: f32, or u8 with its quantization. */
export interface GraphValue {
  readonly kind: 'graph';
  readonly name: string;
  readonly type: TensorType;
  /** Whether ONNX has it as int8: its integers are 128 less than ours. */
  readonly signed: boolean;
}

/** What an ONNX value is while its model is imported. */
export type Value =
  | GraphValue
  /** Known at import. */
  | { readonly kind: 'host'; readonly tensor: HostTensor }
  /** DequantizeLinear of constant integers. */
  | { readonly kind: 'weight'; readonly weight: QuantizedTensor }
  /** DequantizeLinear of a u8 value, computed only if something needs it in f32. */
  | { readonly kind: 'real'; readonly integers: GraphValue }
  /** Output of a node that cannot be imported. */
  | { readonly kind: 'unknown' };

export const host = (tensor: HostTensor): Value => ({ kind: 'host', tensor });

/** Integers known at import, such as a shape. */
export function hostIntegers(values: readonly number[], shape: readonly number[] = [values.length]): Value {
  return host({ type: 'i64', shape, data: Float64Array.from(values) });
}

export function valueShape(value: Value): readonly number[] | undefined {
  switch (value.kind) {
    case 'graph':
      return value.type.shape;
    case 'host':
      return value.tensor.shape;
    case 'weight':
      return value.weight.shape;
    case 'real':
      return value.integers.type.shape;
    case 'unknown':
      return undefined;
  }
}

/** Index into the scales for the element at a flat index. */
export function scaleIndex({ shape, scales, axis }: QuantizedTensor): (index: number) => number {
  if (scales.length === 1) return () => 0;
  const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1);
  return (index) => Math.floor(index / inner) % scales.length;
}

/** The real numbers that constant integers stand for. */
export function realNumbers(weight: QuantizedTensor): HostTensor {
  const data = allocateHost('f32', weight.data.length);
  const scaleAt = scaleIndex(weight);
  weight.data.forEach((integer, i) => {
    const channel = scaleAt(i);
    data[i] = (integer - (weight.zeroPoints[channel] ?? 0)) * (weight.scales[channel] ?? 0);
  });
  return { type: 'f32', shape: weight.shape, data };
}
