import type { NodeOf } from '../operation.js';
import { defineReduction, type Reduction, type ReductionAttributes } from '../reduction.js';

export type ReduceMeanNode = NodeOf<'reduceMean', ReductionAttributes>;

/** mean along axes, f32. */
export const reduceMean = defineReduction('reduceMean');

export const reduceMeanMeaning: Reduction = {
  start: 0,
  combine: (total, value) => total + value,
  finish: (total, count) => total / count,
};
