import type { NodeOf } from '../operation.js';
import { defineReduction, type Reduction, type ReductionAttributes } from '../reduction.js';

export type ReduceMinNode = NodeOf<'reduceMin', ReductionAttributes>;

/** least element along axes, f32. */
export const reduceMin = defineReduction('reduceMin');

export const reduceMinMeaning: Reduction = {
  start: Number.POSITIVE_INFINITY,
  combine: (total, value) => Math.min(total, value),
};
