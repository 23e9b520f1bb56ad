import type { Constant } from '../../graph/tensor.js';
import type { FusedNode } from '../fuse.js';
import { convolutionUnitCount, pixelBlockFor } from '../kernels/dense.js';
import { depthwisePatches, type Patches, patches } from '../pack/patches.js';
import type { WeightShape } from '../pack/weights.js';
import { type Argument, type Pointer, pointer } from '../program.js';
import { type Context, unsupported, useValue, type Value } from './context.js';
import type { StagedInput } from './stage.js';

/** The third axis of a convolution over NCDHW. */
export interface Depth {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Slices of border before the first and after the last. */
  readonly before: number;
  readonly after: number;
  readonly out: number;
}

/**
 * A convolution over NCHW; a matrix product is one of 1x1 windows over rows of one pixel. With `depth` it is one over
 * NCDHW.
 */
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
  readonly depth?: Depth | undefined;
}

/** Weight and bias of a dense layer as the graph has them. */
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

/** The kernel call of a convolution for all or some of its output channels. */
export interface Part {
  readonly index: number;
  readonly outChannels: number;
  readonly staged: StagedInput;
  readonly patches: Patches;
}

/** Whether every channel has a kernel of its own and gives one channel. */
export const isDepthwise = ({ groups, channels, outChannels }: Convolution): boolean =>
  groups > 1 && groups === channels && groups === outChannels;

/** The slice of a per-channel array that belongs to a part. */
export function ofPart<T extends { subarray(first: number, end: number): T; readonly length: number }>(
  data: T,
  problem: Convolution,
  part: Part,
): T {
  const length = (data.length * part.outChannels) / problem.outChannels;
  return data.subarray(part.index * length, (part.index + 1) * length);
}

/** Positions of the window. */
export const windowSize = ({ kernel, depth }: Convolution): number =>
  kernel[0] * kernel[1] * (depth?.kernel ?? 1);

/** Parameters that the float and the integer kernels share, and the work units of the call. */
export function commonArguments(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  part: Part,
): { readonly units: number; readonly parameters: Record<string, Argument> } {
  const name = fused.node.name;
  const elementBytes = output.type.dtype === 'f32' ? 4 : 1;
  const first = part.index * part.outChannels;
  const residual = fused.residual && useValue(context, fused.residual.value);
  const pixels = part.patches.pixelOffsets.length;
  const pixelBlock = pixelBlockFor(pixels);
  const shifted = (at: Pointer): Pointer => pointer(at.buffer, at.offset + first * elementBytes);
  return {
    units: convolutionUnitCount(pixels, pixelBlock, part.outChannels),
    parameters: {
      input: part.staged.at,
      output: shifted(output.at),
      residual: residual ? shifted(residual.at) : 0,
      segmentOffsets: context.program.constant(`${name}.segments`, part.patches.segmentOffsets),
      pixelOffsets: context.program.constant(`${name}.pixels`, part.patches.pixelOffsets),
      segments: part.patches.segmentOffsets.length,
      pixels,
      pixelBlock,
      outChannels: part.outChannels,
      outputStride: problem.outChannels,
      residualStride: problem.outChannels,
    },
  };
}

/** The residual may be overwritten unless the convolution itself reads it or a later part still does. */
export function allowReuse(
  context: Context,
  fused: FusedNode,
  output: Value,
  problem: Convolution,
  part: Part,
): void {
  const residual = fused.residual && useValue(context, fused.residual.value);
  if (!residual || problem.outChannels > part.outChannels || residual.at.buffer === part.staged.at.buffer)
    return;
  context.program.mayOverwrite(residual.at.buffer, output.at.buffer);
}

export function weightShape(part: Part): WeightShape {
  const { segmentOffsets, segmentLength } = part.patches;
  return { outChannels: part.outChannels, segments: segmentOffsets.length, segmentLength };
}

/** Where the patches of a part lie in its staged input. */
export function partPatches(
  problem: Convolution,
  channels: number,
  staged: StagedInput,
  depthwise = false,
): Patches {
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
    ...(problem.depth && { depth: { ...problem.depth, staged: staged.depth ?? 1 } }),
  };
  return depthwise ? depthwisePatches(geometry) : patches({ ...geometry, channels });
}
