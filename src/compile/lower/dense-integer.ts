import { requantizeMultiplier } from '../../graph/quantized.js';
import type { FusedNode } from '../fuse.js';
import { foldedBias, paddedChannels, stagedZeroPoint, weightSums } from '../pack/bias.js';
import { packDepthwiseWeights } from '../pack/depthwise.js';
import {
  blockChannels,
  type KernelBits,
  kernelBitsFor,
  packedIntegerBytes,
  runLength,
} from '../pack/weights.js';
import { bytesOf, type Pointer } from '../program.js';
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
  type Convolution,
  commonArguments,
  type DenseWeights,
  isDepthwise,
  ofPart,
  type Part,
  weightShape,
  windowSize,
} from './dense-part.js';

interface ChosenInteger {
  readonly kernel: 'u8_depthwise' | `u8i${KernelBits}_conv_6x8`;
  readonly weights: Pointer;
  readonly bias: Pointer;
  readonly run: number;
}

/** Weights and bias of a part, and the zero point of its input as it is staged. */
interface IntegerPart {
  readonly name: string;
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly zeroPoint: number;
}

function chooseDepthwise(
  { program, target }: Context,
  problem: Convolution,
  own: IntegerPart,
): ChosenInteger {
  const shape = { channels: problem.outChannels, taps: windowSize(problem) };
  const packed = packDepthwiseWeights(own.weights, shape, target.variant);
  const bias = foldedBias(own.bias, weightSums(own.weights, shape.channels), own.zeroPoint);
  return {
    kernel: 'u8_depthwise',
    weights: program.constant(`${own.name}.weights`, packed),
    bias: program.constant(`${own.name}.bias`, bias),
    run: 0,
  };
}

/** The narrowest kernel that holds the weights. They are packed, and the zero point is folded, by a kernel too. */
function chooseConvolution(
  { program }: Context,
  problem: Convolution,
  part: Part,
  own: IntegerPart,
): ChosenInteger {
  const { outChannels } = part;
  const bits = kernelBitsFor(own.weights);
  const shape = weightShape(part);
  const run = runLength(shape.segmentLength, bits);
  const rowBytes = own.weights.length / outChannels;
  const weights = program.ownConstant(`${own.name}.weights`, packedIntegerBytes(shape, bits));
  const padded = bytesOf(paddedChannels(own.bias));
  const bias = program.ownConstant(`${own.name}.bias`, padded.length, { kind: 'bytes', bytes: padded });
  const window = windowSize(problem);
  program.pack({
    kernel: 'i8_pack_weights',
    units: Math.ceil(outChannels / blockChannels),
    source: own.weights,
    unitBytes: blockChannels * rowBytes,
    scratchBytes: blockChannels * shape.segments * run,
    parameters: {
      ...{ weights, bias, outChannels, channels: rowBytes / window, window },
      ...{ segments: shape.segments, run, bits, zeroPoint: own.zeroPoint },
    },
  });
  return { kernel: `u8i${bits}_conv_6x8`, weights, bias, run };
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
  const biases = bias?.data instanceof Int32Array ? bias.data : new Int32Array(problem.outChannels);
  const form = context.target.dot === 'sdot' ? 'flipped' : 'unsigned';
  const multipliers = Float32Array.from(scales, (s) => requantizeMultiplier(scale * s, own.scale));
  const ownPart = {
    name,
    weights: ofPart(data, problem, part),
    bias: ofPart(biases, problem, part),
    zeroPoint: stagedZeroPoint(zeroPoint, form),
  };
  const { kernel, ...chosen } = isDepthwise(problem)
    ? chooseDepthwise(context, problem, ownPart)
    : chooseConvolution(context, problem, part, ownPart);
  const { units, parameters } = commonArguments(context, fused, output, problem, part);
  context.program.call(kernel, units, {
    ...parameters,
    ...chosen,
    multiplier: context.program.constant(
      `${name}.multipliers`,
      paddedChannels(ofPart(multipliers, problem, part)),
    ),
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
