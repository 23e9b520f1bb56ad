import type { FusedNode } from '../../fuse.js';
import type { Context, Value } from '../context.js';
import type { Convolution } from '../dense-part.js';
import { type IntegerLayer, residualFields } from '../integer-layer.js';
import { chooseSparse } from './choice.js';
import { emitGathered } from './gathered.js';
import { emitPlanes } from './planes.js';
import { sumsAreBounded, weightedSumsAreBounded } from './range.js';

export { sparseKernels as kernels } from '../../kernels/sparse.js';

/** Emits an integer convolution by its weights that are not zero, if that is the fastest way: tells whether. */
export function lowerSparse(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
  layer: IntegerLayer,
): boolean {
  const plan = chooseSparse(context, x, problem, layer.weights, fused.residual !== undefined);
  if (plan?.kind === 'gathered') {
    emitGathered(context, fused, x, output, problem, plan, layer);
    return true;
  }
  const isBounded =
    plan &&
    weightedSumsAreBounded(layer, plan.indices) &&
    sumsAreBounded(residualFields(context, fused, layer.scale));
  if (!isBounded) return false;
  emitPlanes(context, fused, x, output, problem, plan, layer);
  return true;
}
