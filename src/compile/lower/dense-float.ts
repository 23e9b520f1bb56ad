import type { FusedNode } from '../fuse.js';
import { paddedChannels } from '../pack/bias.js';
import { packFloatDepthwiseWeights } from '../pack/depthwise.js';
import { packedFloats } from '../pack/weights_f32.js';
import type { Pointer } from '../program.js';
import { type Context, internal, type Value } from './context.js';
import {
  allowReuse,
  type Convolution,
  commonArguments,
  type DenseWeights,
  isDepthwise,
  ofPart,
  type Part,
  windowSize,
} from './dense-part.js';

interface ChosenFloat {
  readonly kernel: 'f32_depthwise' | 'f32_conv_6x8';
  readonly weights: Pointer;
  readonly run: number;
}

function chooseFloat(
  { program }: Context,
  name: string,
  problem: Convolution,
  part: Part,
  weights: Float32Array,
): ChosenFloat {
  const { outChannels, patches } = part;
  const window = windowSize(problem);
  if (isDepthwise(problem)) {
    const packed = packFloatDepthwiseWeights(weights, { channels: outChannels, taps: window });
    return { kernel: 'f32_depthwise', weights: program.constant(name, packed), run: 0 };
  }
  const shape = { outChannels, channels: weights.length / (outChannels * window), window };
  const packed = program.ownConstant(name, 4 * packedFloats(shape), { kind: 'f32', weights, shape });
  return { kernel: 'f32_conv_6x8', weights: packed, run: patches.segmentLength };
}

/** Emits the f32 kernel call of a part. */
export function emitFloat(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  part: Part,
  { weight, bias }: DenseWeights,
): void {
  const data = weight.data instanceof Float32Array ? weight.data : internal('f32 weight expected');
  const name = fused.node.name;
  const biases = bias?.data instanceof Float32Array ? bias.data : new Float32Array(problem.outChannels);
  const { units, parameters } = commonArguments(context, fused, output, problem, part);
  const own = ofPart(data, problem, part);
  const { kernel, weights, run } = chooseFloat(context, `${name}.weights`, problem, part, own);
  context.program.call(kernel, units, {
    ...parameters,
    weights,
    bias: context.program.constant(`${name}.bias`, paddedChannels(ofPart(biases, problem, part))),
    run,
    ...(fused.residual?.clamp ?? fused.clamp),
  });
  allowReuse(context, fused, output, problem, part);
}
