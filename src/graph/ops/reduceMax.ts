import type { NodeOf } from '../operation.js';
import { defineReduction, type Reduction, type ReductionAttributes } from '../reduction.js';

export type ReduceMaxNode = NodeOf<'reduceMax', ReductionAttributes>;

/** greatest element along axes, f32. */
export const reduceMax = defineReduction('reduceMax');

export const reduceMaxMeaning: Reduction = {
  start: Number.NEGATIVE_INFINITY,
  combine: (total, value) => Math.max(total, value),
};
