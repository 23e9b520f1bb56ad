import { requantizeMultiplier } from '../../graph/quantized.js';
import type { Constant } from '../../graph/tensor.js';
import type { FusedNode } from '../fuse.js';
import { convolutionUnitCount, pixelBlockFor } from '../kernels/dense.js';
import { arrangeFloats, arrangeIntegers } from '../pack/arrange.js';
import { foldedBias, paddedChannels } from '../pack/bias.js';
import { type Patches, patches } from '../pack/patches.js';
import { kernelBitsFor, packIntegerWeights, runLength, type WeightShape } from '../pack/weights.js';
import { packFloatWeights } from '../pack/weights_f32.js';
import { type Argument, type Pointer, pointer } from '../program.js';
import {
  type Context,
  integerClamp,
  internal,
  quantizationOf,
  typeOf,
  unsupported,
  useValue,
  type Value,
} from './context.js';
import { type StagedInput, stage } from './stage.js';

/** A convolution over NCHW; a matrix product is one of 1x1 windows over rows of one pixel. */
export interface Convolution {
  readonly images: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly groups: number;
}

/** Weights of a dense layer with the channels of a position adjacent: [outChannels][height][width][channels]. */
export interface DenseWeights {
  readonly weight: Constant;
  readonly bias: Constant | undefined;
}

/** The constant weight and bias of a convolution or fully connected node. */
export function denseWeights(context: Context, fused: FusedNode): DenseWeights {
  const [, weightName, biasName] = fused.node.inputs;
  const weight = context.graph.constants.get(weightName ?? '');
  if (!weight) unsupported(fused, 'the weight must be a constant');
  const bias = biasName ? context.graph.constants.get(biasName) : undefined;
  if (biasName && !bias) unsupported(fused, 'the bias must be a constant');
  return { weight, bias };
}

interface Group {
  readonly index: number;
  readonly outChannels: number;
  readonly staged: StagedInput;
  readonly patches: Patches;
}

/** Emits one dense kernel call for each group of a convolution. */
export function emitDense(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
): void {
  const perGroup = problem.channels / problem.groups;
  const outPerGroup = problem.outChannels / problem.groups;
  const weights = denseWeights(context, fused);
  for (let index = 0; index < problem.groups; index++) {
    const staged = stage(context, x, {
      name: `${fused.node.name}.staged`,
      firstChannel: index * perGroup,
      channels: perGroup,
      pads: problem.pads,
      fill: x.type.quantization?.zeroPoint ?? 0,
    });
    const group = { index, outChannels: outPerGroup, staged, patches: patchesOf(problem, perGroup, staged) };
    if (x.type.dtype === 'f32') emitFloat(context, fused, output, problem, group, weights);
    else emitInteger(context, fused, x, output, problem, group, weights);
  }
}

function patchesOf(problem: Convolution, channels: number, staged: StagedInput): Patches {
  return patches({
    images: problem.images,
    stagedHeight: staged.height,
    stagedWidth: staged.width,
    stagedChannels: staged.channels,
    channels,
    elementBytes: staged.elementBytes,
    kernelHeight: problem.kernel[0],
    kernelWidth: problem.kernel[1],
    strideY: problem.strides[0] ?? 1,
    strideX: problem.strides[1] ?? 1,
    dilationY: problem.dilations[0] ?? 1,
    dilationX: problem.dilations[1] ?? 1,
    outHeight: problem.outHeight,
    outWidth: problem.outWidth,
  });
}

/** The slice of a per-channel array that belongs to a group. */
function ofGroup<T extends { subarray(first: number, end: number): T; readonly length: number }>(
  data: T,
  problem: Convolution,
  group: Group,
): T {
  const length = data.length / problem.groups;
  return data.subarray(group.index * length, (group.index + 1) * length);
}

/** Positions of the window. */
const windowSize = ({ kernel }: Convolution): number => kernel[0] * kernel[1];

function commonArguments(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  group: Group,
): { readonly units: number; readonly parameters: Record<string, Argument> } {
  const name = fused.node.name;
  const elementBytes = output.type.dtype === 'f32' ? 4 : 1;
  const first = group.index * group.outChannels;
  const residual = fused.residual && useValue(context, fused.residual.value);
  const pixels = problem.images * problem.outHeight * problem.outWidth;
  const pixelBlock = pixelBlockFor(pixels);
  const shifted = (at: Pointer): Pointer => pointer(at.buffer, at.offset + first * elementBytes);
  return {
    units: convolutionUnitCount(pixels, pixelBlock, group.outChannels),
    parameters: {
      input: group.staged.at,
      output: shifted(output.at),
      residual: residual ? shifted(residual.at) : 0,
      segmentOffsets: context.program.constant(`${name}.segments`, group.patches.segmentOffsets),
      pixelOffsets: context.program.constant(`${name}.pixels`, group.patches.pixelOffsets),
      segments: group.patches.segmentOffsets.length,
      pixels,
      pixelBlock,
      outChannels: group.outChannels,
      outputStride: problem.outChannels,
      residualStride: problem.outChannels,
    },
  };
}

/** The residual may be overwritten unless the convolution itself reads it or a later group still does. */
function allowReuse(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  staged: StagedInput,
): void {
  const residual = fused.residual && useValue(context, fused.residual.value);
  if (!residual || problem.groups > 1 || residual.at.buffer === staged.at.buffer) return;
  context.program.mayOverwrite(residual.at.buffer, output.at.buffer);
}

function weightShape(group: Group): WeightShape {
  const { segmentOffsets, segmentLength } = group.patches;
  return { outChannels: group.outChannels, segments: segmentOffsets.length, segmentLength };
}

function emitFloat(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  group: Group,
  { weight, bias }: DenseWeights,
): void {
  const data = weight.data instanceof Float32Array ? weight.data : internal('f32 weight expected');
  const name = fused.node.name;
  const arranged = arrangeFloats(ofGroup(data, problem, group), group.outChannels, windowSize(problem));
  const biases = bias?.data instanceof Float32Array ? bias.data : new Float32Array(problem.outChannels);
  const { units, parameters } = commonArguments(context, fused, output, problem, group);
  context.program.call('f32_conv_6x8', units, {
    ...parameters,
    weights: context.program.constant(`${name}.weights`, packFloatWeights(arranged, weightShape(group))),
    bias: context.program.constant(`${name}.bias`, paddedChannels(ofGroup(biases, problem, group))),
    run: group.patches.segmentLength,
    ...(fused.residual?.clamp ?? fused.clamp),
  });
  allowReuse(context, fused, output, problem, group.staged);
}

function emitInteger(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
  group: Group,
  { weight, bias }: DenseWeights,
): void {
  const name = fused.node.name;
  const data = weight.data instanceof Int8Array ? weight.data : internal('i8 weight expected');
  const scales = weight.quantization?.scales ?? internal(`weight of '${name}' has no scales`);
  const own =
    typeOf(context, fused.node.outputs[0] ?? '').quantization ?? internal(`'${name}' has no quantization`);
  const { scale, zeroPoint } = quantizationOf(x);
  const arranged = arrangeIntegers(ofGroup(data, problem, group), group.outChannels, windowSize(problem));
  const biases = bias?.data instanceof Int32Array ? bias.data : new Int32Array(problem.outChannels);
  const form = context.target.dot === 'sdot' ? 'flipped' : 'unsigned';
  const folded = foldedBias(ofGroup(biases, problem, group), arranged.sums, zeroPoint, form);
  const multipliers = Float32Array.from(scales, (s) => requantizeMultiplier(scale * s, own.scale));
  context.program.countWeights(arranged.nonZero, arranged.data.length);
  const bits = kernelBitsFor(arranged.data);
  const packed = packIntegerWeights(arranged.data, weightShape(group), bits, context.target.variant);
  const { units, parameters } = commonArguments(context, fused, output, problem, group);
  context.program.call(`u8i${bits}_conv_6x8`, units, {
    ...parameters,
    weights: context.program.constant(`${name}.weights`, packed),
    bias: context.program.constant(`${name}.bias`, folded),
    multiplier: context.program.constant(
      `${name}.multipliers`,
      paddedChannels(ofGroup(multipliers, problem, group)),
    ),
    run: runLength(group.patches.segmentLength, bits),
    zeroPoint: own.zeroPoint,
    ...integerClamp(fused.clamp, own),
    ...residualFields(context, fused, own.scale),
  });
  allowReuse(context, fused, output, problem, group.staged);
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
