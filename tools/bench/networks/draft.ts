import type { Graph } from '../../../src/graph/graph.js';
import type { Node } from '../../../src/graph/ops/table.js';
import {
  type Constant,
  elementCount,
  type Quantization,
  type WeightBits,
} from '../../../src/graph/tensor.js';

/** What a network computes with: f32, or u8 activations with integer weights of so many bits. */
export type Arithmetic = 'f32' | WeightBits;

/** A network under construction. */
export interface Draft {
  readonly arithmetic: Arithmetic;
  readonly random: () => number;
  readonly nodes: Node[];
  readonly constants: Map<string, Constant>;
}

/**
 * A value with what is expected of its distribution, from which weights and scales are chosen so that
 * activations neither vanish nor saturate in any depth.
 */
export interface Value {
  readonly name: string;
  /** [channels, height, width] or [features]. */
  readonly shape: readonly number[];
  readonly mean: number;
  /** Mean of the squares. */
  readonly power: number;
  readonly quantization: Quantization;
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const startDraft = (arithmetic: Arithmetic, seed: number): Draft => ({
  arithmetic,
  random: seededRandom(seed),
  nodes: [],
  constants: new Map(),
});

const deviation = ({ mean, power }: Pick<Value, 'mean' | 'power'>): number => Math.sqrt(power - mean * mean);

/** u8 scale for values within four deviations of the mean; from zero up after a relu. */
export function scaleFor(statistics: Pick<Value, 'mean' | 'power'>, positive: boolean): Quantization {
  const reach = Math.abs(statistics.mean) + 4 * deviation(statistics);
  return positive
    ? { scale: Math.fround(reach / 255), zeroPoint: 0 }
    : { scale: Math.fround(reach / 127), zeroPoint: 128 };
}

/** Mean and power of max(x, 0) for normal x, with a logistic in place of the normal distribution function. */
export function rectified(before: Pick<Value, 'mean' | 'power'>): Pick<Value, 'mean' | 'power'> {
  const sigma = deviation(before);
  const ratio = before.mean / sigma;
  const below = 1 / (1 + Math.exp(-1.702 * ratio));
  const density = Math.exp(-0.5 * ratio * ratio) / Math.sqrt(2 * Math.PI);
  return {
    mean: before.mean * below + sigma * density,
    power: before.power * below + before.mean * sigma * density,
  };
}

const clamp = (x: number, least: number, greatest: number): number => Math.min(Math.max(x, least), greatest);

/** Random weights of the given shape that keep the power of an input at one, as f32 or quantized by channel. */
export function addWeight(draft: Draft, name: string, shape: readonly number[], inputPower: number): void {
  const channels = shape[0] ?? 1;
  const fanIn = elementCount(shape.slice(1));
  const bound = Math.sqrt(3 / (fanIn * inputPower));
  const bounds = Float32Array.from({ length: channels }, () => bound * (0.8 + 0.4 * draft.random()));
  const real = (channel: number): number => (bounds[channel] ?? 0) * (2 * draft.random() - 1);
  if (draft.arithmetic === 'f32') {
    const data = Float32Array.from({ length: channels * fanIn }, (_, i) => real(Math.floor(i / fanIn)));
    draft.constants.set(name, { dtype: 'f32', shape, data });
    return;
  }
  const half = 2 ** (draft.arithmetic - 1);
  const scales = bounds.map((limit) => limit / (half - 0.5));
  const data = Int8Array.from({ length: channels * fanIn }, (_, i) => {
    const channel = Math.floor(i / fanIn);
    return clamp(Math.round(real(channel) / (scales[channel] ?? 1)), -half, half - 1);
  });
  const quantization = { bits: draft.arithmetic, scales, axis: 0 };
  draft.constants.set(name, { dtype: 'i8', shape, data, quantization });
}

/** A small random bias, in units of the accumulator for integers. */
export function addBias(draft: Draft, name: string, weightName: string, input: Value): void {
  const weight = draft.constants.get(weightName);
  const channels = weight?.shape[0] ?? 0;
  const shape = [channels];
  const real = Float32Array.from({ length: channels }, () => 0.4 * (draft.random() - 0.5));
  const scales = weight?.quantization?.scales;
  if (!scales) {
    draft.constants.set(name, { dtype: 'f32', shape, data: real });
    return;
  }
  const data = Int32Array.from(real, (value, c) =>
    Math.round(value / (input.quantization.scale * (scales[c] ?? 1))),
  );
  draft.constants.set(name, { dtype: 'i32', shape, data });
}

/** The finished graph of one image input and one output of class scores. */
export function finishDraft(draft: Draft, name: string, scores: Value): Graph {
  return {
    name,
    inputs: [{ name: 'image', type: { dtype: 'f32', shape: [1, 3, 32, 32] } }],
    outputs: [{ name: scores.name }],
    nodes: draft.nodes,
    constants: draft.constants,
  };
}
