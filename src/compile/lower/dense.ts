import type { FusedNode } from '../fuse.js';
import { type Context, spikingLowerings, type Value } from './context.js';
import { emitFloat } from './dense-float.js';
import { emitInteger } from './dense-integer.js';
import { type Convolution, denseWeights, isDepthwise, partPatches } from './dense-part.js';
import { integerLayer } from './integer-layer.js';
import { stage } from './stage.js';
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
  if (x.type.dtype === 'u8' && output.type.dtype === 'f32') {
    spikingLowerings(context).emitReal(context, fused, x, output, problem);
    return;
  }
  const weights = denseWeights(context, fused);
  if (x.type.dtype === 'f32' && usesWinograd(problem)) {
    emitWinograd(context, fused, x, output, problem, weights);
    return;
  }
  const layer = x.type.dtype === 'u8' ? integerLayer(context, fused, x, weights) : undefined;
  const { sparse } = context.choices.lowerings ?? {};
  if (layer && !problem.depth && sparse?.lowerSparse(context, fused, x, output, problem, layer)) return;
  const parts = isDepthwise(problem) ? 1 : problem.groups;
  for (let index = 0; index < parts; index++) {
    const channels = problem.channels / parts;
    const staged = stage(context, x, {
      name: `${fused.node.name}.staged`,
      firstChannel: index * channels,
      channels,
      pads: problem.pads,
      depth: problem.depth,
      fill: x.type.quantization?.zeroPoint ?? 0,
    });
    const outChannels = problem.outChannels / parts;
    const part = {
      index,
      outChannels,
      staged,
      patches: partPatches(problem, channels, staged, isDepthwise(problem)),
    };
    if (layer) emitInteger(context, fused, output, problem, part, layer);
    else emitFloat(context, fused, output, problem, part, weights);
  }
}
