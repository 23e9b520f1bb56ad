import type { FusedNode } from '../fuse.js';
import { depthwisePatches, type Patches, patches } from '../pack/patches.js';
import type { Context, Value } from './context.js';
import { emitFloat } from './dense-float.js';
import { emitInteger } from './dense-integer.js';
import { type Convolution, denseWeights, isDepthwise } from './dense-part.js';
import { integerLayer } from './integer-layer.js';
import { emitSparse } from './sparse.js';
import { chooseSparse } from './sparse-choice.js';
import { type StagedInput, stage } from './stage.js';
import { emitWinograd, usesWinograd } from './winograd.js';

/**
 * Emits the kernel calls of a convolution: by Winograd's algorithm or by its weights that are not zero where that is
 * faster, else one for all channels if it is depthwise, or one for each part.
 */
export function emitDense(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
): void {
  const weights = denseWeights(context, fused);
  if (x.type.dtype === 'f32' && usesWinograd(problem)) {
    emitWinograd(context, fused, x, output, problem, weights);
    return;
  }
  const layer = x.type.dtype === 'u8' ? integerLayer(context, fused, x, weights) : undefined;
  const sparse = layer && chooseSparse(context, x, problem, layer.weights, fused.residual !== undefined);
  if (layer && sparse) {
    emitSparse(context, fused, x, output, problem, sparse, layer);
    return;
  }
  const parts = isDepthwise(problem) ? 1 : problem.groups;
  for (let index = 0; index < parts; index++) {
    const channels = problem.channels / parts;
    const staged = stage(context, x, {
      name: `${fused.node.name}.staged`,
      firstChannel: index * channels,
      channels,
      pads: problem.pads,
      fill: x.type.quantization?.zeroPoint ?? 0,
    });
    const outChannels = problem.outChannels / parts;
    const part = { index, outChannels, staged, patches: patchesOf(problem, channels, staged) };
    if (layer) emitInteger(context, fused, output, problem, part, layer);
    else emitFloat(context, fused, output, problem, part, weights);
  }
}

function patchesOf(problem: Convolution, channels: number, staged: StagedInput): Patches {
  const geometry = {
    images: problem.images,
    stagedHeight: staged.height,
    stagedWidth: staged.width,
    stagedChannels: staged.channels,
    elementBytes: staged.elementBytes,
    kernelHeight: problem.kernel[0],
    kernelWidth: problem.kernel[1],
    strideY: problem.strides[0] ?? 1,
    strideX: problem.strides[1] ?? 1,
    dilationY: problem.dilations[0] ?? 1,
    dilationX: problem.dilations[1] ?? 1,
    outHeight: problem.outHeight,
    outWidth: problem.outWidth,
  };
  return isDepthwise(problem) ? depthwisePatches(geometry) : patches({ ...geometry, channels });
}
