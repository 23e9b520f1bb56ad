import type { WireError } from '../../engine/worker/protocol.js';
import { elementCount, type Tensor } from '../../graph/tensor.js';
import { decodeActivation, encodeActivation } from '../activation/codec.js';
import type { CutWidth } from '../activation/width.js';

/** A tensor under way: as it is, or encoded. */
type Packed = Tensor | { readonly shape: readonly number[]; readonly encoded: Uint8Array };

/** What travels from stage to stage: the values of an item, or the error that became of it. */
export interface Parcel {
  /** Counted from 0 over the life of the pipeline. */
  readonly item: number;
  readonly values: Readonly<Record<string, Packed>>;
  readonly error?: WireError;
}

type Tensors = Readonly<Record<string, Tensor>>;

/** Values for a cut of some width: f32 ones are encoded, integers travel as they are. */
export function packValues(tensors: Tensors, width: CutWidth): Readonly<Record<string, Packed>> {
  if (width === 'f32') return tensors;
  return mapValues(tensors, ({ dtype, shape, data }) =>
    data instanceof Float32Array
      ? { shape, encoded: encodeActivation(data, width) }
      : ({ dtype, shape, data } as Tensor),
  );
}

export function unpackValues(
  values: Readonly<Record<string, Packed>>,
  width: CutWidth,
): Record<string, Tensor> {
  return mapValues(values, (value): Tensor => {
    if (!('encoded' in value)) return value;
    const { shape, encoded } = value;
    return { dtype: 'f32', shape, data: decodeActivation(encoded, width, elementCount(shape)) };
  });
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** What can be handed over with a parcel instead of being copied. */
export const buffersOf = ({ values }: Parcel): Transferable[] =>
  Object.values(values).flatMap((value) => {
    const { buffer } = 'encoded' in value ? value.encoded : value.data;
    return buffer instanceof ArrayBuffer ? [buffer] : [];
  });
