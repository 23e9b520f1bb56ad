import { type AttributesOf, integer, largestSize, number } from '../attributes.js';
import { broadcastStrides } from '../broadcast.js';
import { ownQuantization, scaleOf } from '../elementwise.js';
import { exponential } from '../exponential.js';
import {
  type AnyNode,
  defineOperation,
  type NodeOf,
  type Reference,
  type ReferenceInput,
  rejectNode,
  required,
} from '../operation.js';
import { roundHalfEven, toQuantized } from '../quantized.js';
import { allocate, elementCount, formatShape, type TensorType } from '../tensor.js';

const schema = {
  heads: integer(1, largestSize),
  /** Factor of the scores, usually one over the square root of a head's features. */
  scale: number(),
} as const;

export type AttentionNode = NodeOf<'attention', AttributesOf<typeof schema>>;

export interface AttentionSizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  /** Features of a query, and of a key, for one head. */
  readonly depth: number;
  /** Features of a value for one head. */
  readonly valueDepth: number;
}

/** Zero point of integer keys and values: their int8 form is their integer less this. */
export const attentionZeroPoint = 128;

/** Products that an int32 accumulator can add up. */
const mostProducts = 2 ** 16;

export function attentionSizes(
  node: AnyNode & { readonly attributes: AttentionNode['attributes'] },
  [q, k, v]: readonly (TensorType | undefined)[],
): AttentionSizes {
  const [batch = 0, queries = 0, features = 0, ...more] = q?.shape ?? [];
  const [keyBatch, keys = 0, keyFeatures] = k?.shape ?? [];
  const [valueBatch, valueKeys, valueFeatures = 0] = v?.shape ?? [];
  const depth = features / node.attributes.heads;
  const valueDepth = valueFeatures / node.attributes.heads;
  const fits =
    batch === keyBatch &&
    batch === valueBatch &&
    keys === valueKeys &&
    features === keyFeatures &&
    [q, k, v].every((type) => type?.shape.length === 3 && type.dtype === q?.dtype);
  if (!fits || more.length > 0 || !Number.isInteger(depth) || !Number.isInteger(valueDepth)) {
    const shapes = [q, k, v].map((type) => `${type?.dtype}${formatShape(type?.shape ?? [])}`).join(', ');
    rejectNode(node, `${shapes} are no queries, keys and values of ${node.attributes.heads} heads`);
  }
  return { batch, queries, keys, depth, valueDepth };
}

/** Strides of a mask along batch, heads and queries, 0 where it repeats; its keys are adjacent. */
export function maskStrides(
  node: AnyNode & { readonly attributes: AttentionNode['attributes'] },
  mask: TensorType,
  { batch, queries, keys }: AttentionSizes,
): readonly number[] {
  const whole = [batch, node.attributes.heads, queries, keys];
  const shape = mask.shape;
  const fits = shape.every((size, i) => size === whole[i + 4 - shape.length] || size === 1);
  if (mask.dtype !== 'f32' || shape.length > 4 || !fits || shape.at(-1) !== keys) {
    rejectNode(node, `mask ${mask.dtype}${formatShape(shape)} does not fit scores f32${formatShape(whole)}`);
  }
  return broadcastStrides(shape, whole);
}

/**
 * Multi-head attention: softmax(scale * q k' + mask) v for each head, heads side by side in the features. Inputs: q
 * [batch, queries, heads * depth], k [batch, keys, heads * depth], v [batch, keys, heads * value depth] and optionally
 * an f32 mask that is added to the scores and broadcasts to [batch, heads, queries, keys]. f32; or u8 with keys and
 * values of zero point 128 into u8.
 *
 * Of integers, with m = f32(scale * scale of q * scale of k * log2(e)), every step rounded to f32: t = sum * m + mask *
 * log2(e), p = round(255 * 2^(t - max t)), the power by {@link powerOfTwo}, and the output is round(sum of p v * (scale
 * of v / own scale / sum of p)) + zero point.
 */
export const attention = defineOperation({
  op: 'attention',
  arity: [3, 4],
  schema,
  infer(node, inputs) {
    const q = required(node, inputs, 0);
    const sizes = attentionSizes(node, inputs);
    const mask = inputs[3];
    if (mask) maskStrides(node, mask, sizes);
    const shape = [sizes.batch, sizes.queries, sizes.valueDepth * node.attributes.heads];
    if (q.dtype === 'f32') return [{ dtype: 'f32', shape }];
    if (q.dtype !== 'u8') rejectNode(node, `must be f32 or u8, got ${q.dtype}`);
    for (const type of inputs.slice(1, 3)) {
      if (type && scaleOf(node, type).zeroPoint !== attentionZeroPoint) {
        rejectNode(node, `keys and values must have zero point ${attentionZeroPoint}`);
      }
    }
    if (Math.max(sizes.keys, sizes.depth) > mostProducts) rejectNode(node, 'is too large for integers');
    return [{ dtype: 'u8', shape, quantization: ownQuantization(node) }];
  },
  cost(_node, inputs, outputs) {
    const keys = inputs[1]?.shape[1] ?? 0;
    const of = (shape: readonly number[] = []): number => elementCount(shape) * keys;
    return { macs: of(inputs[0]?.shape) + of(outputs[0]?.shape) };
  },
});

const magic = 1.5 * 2 ** 23;
const f32 = Math.fround;

/** 255 * 2^y for y <= 0 as the kernels compute it: every step in f32, nothing below 2^-12. */
export function powerOfTwo(y: number): number {
  const x = y > -12 ? y : -12;
  const whole = f32(f32(x + magic) - magic);
  const rest = f32(x - whole);
  const factors = [2.4526221, 14.1535494, 61.2577547, 176.75253, 255].map(f32);
  return factors.reduce((sum, factor) => f32(f32(sum * rest) + factor)) * 2 ** whole;
}

/** The row of one query and head: scores, then the weighted sum of values. */
interface Row {
  /** Sum over the features of one head of query times key. */
  score(key: number): number;
  mask(key: number): number;
  /** Sum over the keys of weight times one feature of the values. */
  weighted(weights: ArrayLike<number>, feature: number): number;
}

function realRow(row: Row, keys: number, valueDepth: number, scale: number): number[] {
  const scores = Array.from({ length: keys }, (_, key) => row.score(key) * scale + row.mask(key));
  const greatest = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => exponential(score - greatest));
  const sum = powers.reduce((a, b) => a + b);
  return Array.from({ length: valueDepth }, (_, feature) => row.weighted(powers, feature) / sum);
}

function integerRow(
  row: Row,
  keys: number,
  valueDepth: number,
  scale: number,
  finish: (sum: number, weights: number) => number,
): number[] {
  const factor = f32(scale * Math.LOG2E);
  const scores = Array.from({ length: keys }, (_, key) => {
    const score = f32(f32(row.score(key)) * factor);
    return f32(score + f32(row.mask(key) * f32(Math.LOG2E)));
  });
  const greatest = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => roundHalfEven(powerOfTwo(f32(score - greatest))));
  const sum = weights.reduce((a, b) => a + b);
  return Array.from({ length: valueDepth }, (_, feature) => finish(row.weighted(weights, feature), sum));
}

const centred = ({ data, type }: ReferenceInput): readonly number[] =>
  Array.from(data, (value) => value - (type.quantization?.zeroPoint ?? 0));

function sumOf(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

/** Rows by batch, head and query. */
function rowsOf(
  node: AttentionNode,
  sizes: AttentionSizes,
  [q, k, v]: readonly [ReferenceInput, ReferenceInput, ReferenceInput],
  mask: ReferenceInput | undefined,
): (b: number, head: number, query: number) => Row {
  const { queries, keys, depth, valueDepth } = sizes;
  const { heads } = node.attributes;
  const [ofBatch = 0, ofHead = 0, ofQuery = 0] = mask ? maskStrides(node, mask.type, sizes) : [];
  const [qs, ks, vs] = [centred(q), centred(k), centred(v)];
  return (b, head, query) => {
    const from = ((b * queries + query) * heads + head) * depth;
    const keyOf = (key: number): number => (b * keys + key) * heads + head;
    const maskFrom = b * ofBatch + head * ofHead + query * ofQuery;
    return {
      score: (key) => sumOf(depth, (i) => (qs[from + i] ?? 0) * (ks[keyOf(key) * depth + i] ?? 0)),
      mask: (key) => mask?.data[maskFrom + key] ?? 0,
      weighted: (weights, feature) =>
        sumOf(keys, (key) => (weights[key] ?? 0) * (vs[keyOf(key) * valueDepth + feature] ?? 0)),
    };
  };
}

export const attentionReference: Reference<AttentionNode> = (node, inputs, [out]) => {
  const output = out ?? rejectNode(node, 'has no output');
  const [q, k, v] = [required(node, inputs, 0), required(node, inputs, 1), required(node, inputs, 2)];
  const sizes = attentionSizes(node, [q.type, k.type, v.type]);
  const { batch, queries, keys, valueDepth } = sizes;
  const { heads, scale } = node.attributes;
  const rowOf = rowsOf(node, sizes, [q, k, v], inputs[3]);
  const data = allocate(output.dtype, elementCount(output.shape));
  const own = output.quantization;
  const scales = scale * (q.type.quantization?.scale ?? 1) * (k.type.quantization?.scale ?? 1);
  const finish = (sum: number, weights: number): number => {
    const factor = f32(f32(scaleOf(node, v.type).scale / (own?.scale ?? 1)) / Math.max(1, weights));
    return toQuantized(f32(f32(sum) * factor), own?.zeroPoint ?? 0);
  };
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < queries; query++) {
        const row = rowOf(b, head, query);
        const result = own
          ? integerRow(row, keys, valueDepth, scales, finish)
          : realRow(row, keys, valueDepth, scale);
        data.set(result, ((b * queries + query) * heads + head) * valueDepth);
      }
    }
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
