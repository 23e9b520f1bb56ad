import type { NodeOf } from '../operation.js';
import { defineReduction, type Reduction, type ReductionAttributes } from '../reduction.js';

export type ReduceSumNode = NodeOf<'reduceSum', ReductionAttributes>;

/** sum along axes, f32. */
export const reduceSum = defineReduction('reduceSum');

export const reduceSumMeaning: Reduction = {
  start: 0,
  combine: (total, value) => total + value,
};
