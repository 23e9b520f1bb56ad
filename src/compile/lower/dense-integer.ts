import { requantizeMultiplier } from '../../graph/quantized.js';
import type { FusedNode } from '../fuse.js';
import { arrangeIntegers } from '../pack/arrange.js';
import { foldedBias, paddedChannels } from '../pack/bias.js';
import { packDepthwiseWeights } from '../pack/depthwise.js';
import { packDirectly, packsDirectly } from '../pack/direct.js';
import { kernelBitsFor, packIntegerWeights, runLength } from '../pack/weights.js';
import {
  type Context,
  integerClamp,
  internal,
  quantizationOf,
  typeOf,
  useValue,
  type Value,
} from './context.js';
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

/** The kernel with what the bias and the description of the layer need to know of the weights. */
interface ChosenInteger extends ChosenKernel {
  readonly sums: Int32Array;
  readonly nonZero: number;
}

function chooseInteger(
  { target }: Context,
  problem: Convolution,
  part: Part,
  weights: Int8Array,
): ChosenInteger {
  const { outChannels, patches } = part;
  const window = windowSize(problem);
  const plain = { outChannels, channels: weights.length / (outChannels * window), window };
  const bits = kernelBitsFor(weights);
  if (bits === 8 && !isDepthwise(problem) && packsDirectly(plain)) {
    const { packed, ...counted } = packDirectly(weights, plain, target.variant);
    return { kernel: 'u8i8_conv_6x8', weights: packed, run: patches.segmentLength, ...counted };
  }
  const { data, ...counted } = arrangeIntegers(weights, outChannels, window);
  if (isDepthwise(problem)) {
    const packed = packDepthwiseWeights(data, { channels: outChannels, taps: window }, target.variant);
    return { kernel: 'u8_depthwise', weights: packed, run: 0, ...counted };
  }
  return {
    kernel: `u8i${bits}_conv_6x8`,
    weights: packIntegerWeights(data, weightShape(part), bits, target.variant),
    run: runLength(patches.segmentLength, bits),
    ...counted,
  };
}

/** Emits the integer kernel call of a part. */
export function emitInteger(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
  part: Part,
  { weight, bias }: DenseWeights,
): void {
  const name = fused.node.name;
  const data = weight.data instanceof Int8Array ? weight.data : internal('i8 weight expected');
  const scales = weight.quantization?.scales ?? internal(`weight of '${name}' has no scales`);
  const own =
    typeOf(context, fused.node.outputs[0] ?? '').quantization ?? internal(`'${name}' has no quantization`);
  const { scale, zeroPoint } = quantizationOf(x);
  const partWeights = ofPart(data, problem, part);
  const { kernel, weights, run, sums, nonZero } = chooseInteger(context, problem, part, partWeights);
  const biases = bias?.data instanceof Int32Array ? bias.data : new Int32Array(problem.outChannels);
  const form = context.target.dot === 'sdot' ? 'flipped' : 'unsigned';
  const folded = foldedBias(ofPart(biases, problem, part), sums, zeroPoint, form);
  const multipliers = Float32Array.from(scales, (s) => requantizeMultiplier(scale * s, own.scale));
  context.program.countWeights(nonZero, partWeights.length);
  const { units, parameters } = commonArguments(context, fused, output, problem, part);
  context.program.call(kernel, units, {
    ...parameters,
    weights: context.program.constant(`${name}.weights`, weights),
    bias: context.program.constant(`${name}.bias`, folded),
    multiplier: context.program.constant(
      `${name}.multipliers`,
      paddedChannels(ofPart(multipliers, problem, part)),
    ),
    run,
    zeroPoint: own.zeroPoint,
    ...integerClamp(fused.clamp, own),
    ...residualFields(context, fused, own.scale),
  });
  allowReuse(context, fused, output, problem, part);
}

/** Fields of the fused addition; zeros where there is none. */
function residualFields(context: Context, { residual }: FusedNode, ownScale: number): Record<string, number> {
  if (!residual) {
    return {
      ownMultiplier: 0,
      residualMultiplier: 0,
      residualZeroPoint: 0,
      sumZeroPoint: 0,
      sumMinimum: 0,
      sumMaximum: 0,
    };
  }
  const sum = typeOf(context, residual.sum).quantization ?? internal(`'${residual.sum}' has no quantization`);
  const added = quantizationOf(useValue(context, residual.value));
  const { minimum, maximum } = integerClamp(residual.clamp, sum);
  return {
    ownMultiplier: requantizeMultiplier(ownScale, sum.scale),
    residualMultiplier: requantizeMultiplier(added.scale, sum.scale),
    residualZeroPoint: added.zeroPoint,
    sumZeroPoint: sum.zeroPoint,
    sumMinimum: minimum,
    sumMaximum: maximum,
  };
}
