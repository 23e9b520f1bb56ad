import type { FusedNode } from '../fuse.js';
import { arrangeFloats } from '../pack/arrange.js';
import { paddedChannels } from '../pack/bias.js';
import { packFloatDepthwiseWeights } from '../pack/depthwise.js';
import { packFloatWeights } from '../pack/weights_f32.js';
import { type Context, internal, type Value } from './context.js';
import {
  allowReuse,
  type ChosenKernel,
  type Convolution,
  commonArguments,
  type DenseWeights,
  isDepthwise,
  ofPart,
  type Part,
  weightShape,
  windowSize,
} from './dense-part.js';

function chooseFloat(problem: Convolution, part: Part, weights: Float32Array): ChosenKernel {
  if (isDepthwise(problem)) {
    const shape = { channels: part.outChannels, taps: windowSize(problem) };
    return { kernel: 'f32_depthwise', weights: packFloatDepthwiseWeights(weights, shape), run: 0 };
  }
  const packed = packFloatWeights(weights, weightShape(part));
  return { kernel: 'f32_conv_6x8', weights: packed, run: part.patches.segmentLength };
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
  const arranged = arrangeFloats(ofPart(data, problem, part), part.outChannels, windowSize(problem));
  const biases = bias?.data instanceof Float32Array ? bias.data : new Float32Array(problem.outChannels);
  const { units, parameters } = commonArguments(context, fused, output, problem, part);
  const { kernel, weights, run } = chooseFloat(problem, part, arranged);
  context.program.call(kernel, units, {
    ...parameters,
    weights: context.program.constant(`${name}.weights`, weights),
    bias: context.program.constant(`${name}.bias`, paddedChannels(ofPart(biases, problem, part))),
    run,
    ...(fused.residual?.clamp ?? fused.clamp),
  });
  allowReuse(context, fused, output, problem, part);
}
