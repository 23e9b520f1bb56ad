import type { FusedNode } from '../fuse.js';
import { foldedBias, paddedChannels, weightSums } from '../pack/bias.js';
import { packDepthwiseWeights } from '../pack/depthwise.js';
import {
  blockChannels,
  type KernelBits,
  kernelBitsFor,
  packedIntegerBytes,
  runLength,
} from '../pack/weights.js';
import { bytesOf, type Pointer } from '../program.js';
import type { Context, Value } from './context.js';
import {
  allowReuse,
  type Convolution,
  commonArguments,
  isDepthwise,
  ofPart,
  type Part,
  weightShape,
  windowSize,
} from './dense-part.js';
import { type IntegerLayer, residualFields } from './integer-layer.js';

interface PackedInteger {
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
): PackedInteger & { readonly kernel: string } {
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

/** Weights for the narrowest kernel that holds them. They are packed, and the zero point is folded, by a kernel too. */
export function chooseConvolution(
  { program }: Context,
  problem: Convolution,
  part: Part,
  own: IntegerPart,
): PackedInteger & { readonly bits: KernelBits } {
  const { outChannels } = part;
  const shape = weightShape(part);
  const rowBytes = own.weights.length / outChannels;
  const bits = kernelBitsFor(own.weights, rowBytes);
  const run = runLength(shape.segmentLength, bits);
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
  return { bits, weights, bias, run };
}

const denseKernel = ({ bits, ...packed }: ReturnType<typeof chooseConvolution>) => ({
  kernel: `u8i${bits}_conv_6x8`,
  ...packed,
});

/** Emits the integer kernel call of a part. */
export function emitInteger(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  part: Part,
  layer: IntegerLayer,
): void {
  const name = fused.node.name;
  const ownPart = {
    name,
    weights: ofPart(layer.weights, problem, part),
    bias: ofPart(layer.bias, problem, part),
    zeroPoint: layer.stagedZeroPoint,
  };
  const { kernel, ...chosen } = isDepthwise(problem)
    ? chooseDepthwise(context, problem, ownPart)
    : denseKernel(chooseConvolution(context, problem, part, ownPart));
  const { units, parameters } = commonArguments(context, fused, output, problem, part);
  context.program.call(kernel, units, {
    ...parameters,
    ...chosen,
    multiplier: context.program.constant(
      `${name}.multipliers`,
      paddedChannels(ofPart(layer.multipliers, problem, part)),
    ),
    ...layer.requantization,
    ...residualFields(context, fused, layer.scale),
  });
  allowReuse(context, fused, output, problem, part);
}
