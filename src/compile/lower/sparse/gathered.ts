import type { FusedNode } from '../../fuse.js';
import { foldedBias, paddedChannels } from '../../pack/bias.js';
import { packGatheredWeights } from '../../pack/gathered.js';
import type { Context, Value } from '../context.js';
import { allowReuse, type Convolution, commonArguments, partPatches } from '../dense-part.js';
import { type IntegerLayer, residualFields } from '../integer-layer.js';
import { stage } from '../stage.js';
import type { GatheredPlan } from './choice.js';

/** Emits an integer convolution by the groups of weights that are not zero, of which each takes its input from a patch. */
export function emitGathered(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
  plan: GatheredPlan,
  layer: IntegerLayer,
): void {
  const { program, target } = context;
  const { name } = fused.node;
  const { channels, outChannels, pads } = problem;
  const staged = stage(context, x, {
    ...{ name: `${name}.staged`, firstChannel: 0, channels, pads, asBytes: true },
    fill: x.type.quantization?.zeroPoint ?? 0,
  });
  const patches = partPatches(problem, channels, staged, true);
  const part = { index: 0, outChannels, staged, patches };
  const { starts, offsets, words, sums } = packGatheredWeights(
    layer.weights,
    plan.shape,
    patches.segmentOffsets,
    plan.indices,
    plan.words,
  );
  const { units, parameters } = commonArguments(context, fused, output, problem, part);
  program.call('u8i8_gathered_1x8', units, {
    ...parameters,
    run: 0,
    weights: program.constant(`${name}.weights`, words),
    bias: program.constant(`${name}.bias`, foldedBias(layer.bias, sums, layer.stagedZeroPoint)),
    multiplier: program.constant(`${name}.multipliers`, paddedChannels(layer.multipliers)),
    starts: program.constant(`${name}.starts`, starts),
    offsets: program.constant(`${name}.offsets`, offsets),
    flip: target.dot === 'sdot' ? 1 : 0,
    ...layer.requantization,
    ...residualFields(context, fused, layer.scale),
  });
  allowReuse(context, fused, output, problem, part);
}
