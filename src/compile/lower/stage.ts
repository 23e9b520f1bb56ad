import { byteSize, elementCount } from '../../graph/tensor.js';
import { stageMode } from '../kernels/dense.js';
import type { DotProduct } from '../plan.js';
import { type Pointer, pointer } from '../program.js';
import type { Context, Value } from './context.js';

/** A channels-last image or volume as a dense kernel finds it: the value itself, or a copy with a border. */
export interface StagedInput {
  readonly at: Pointer;
  /** Slices of each volume, where the value is one. */
  readonly depth?: number;
  readonly height: number;
  readonly width: number;
  /** Elements between adjacent pixels. */
  readonly channels: number;
  readonly elementBytes: 1 | 2 | 4;
}

/** Which channels of the value are wanted, and the border around it. */
export interface StageRequest {
  readonly name: string;
  readonly firstChannel: number;
  readonly channels: number;
  readonly pads: readonly number[];
  /** Slices of border of NCDHW. */
  readonly depth?: { readonly before: number; readonly after: number } | undefined;
  /** What the border holds: the zero point. */
  readonly fill: number;
  /** Bytes as they are, whatever the target's products of integers read. */
  readonly asBytes?: boolean;
  /** Height and width of the copy where they are more than the value with its border. */
  readonly size?: readonly [height: number, width: number];
}

const modes: Readonly<Record<DotProduct, number>> = {
  usdot: stageMode.unsigned,
  sdot: stageMode.flipped,
  i16: stageMode.widened,
};

/** Brings a channel slice of an NCHW or NCDHW value into the form that the target's dense kernels read. */
export function stage(context: Context, x: Value, request: StageRequest): StagedInput {
  if (!request.depth) return stageImages(context, x, request);
  const { before, after } = request.depth;
  const [volumes = 1, channels = 1, slices = 1, height = 1, width = 1] = x.type.shape;
  const seenAs = (at: Pointer, shape: readonly number[]): Value => ({ ...x, at, type: { ...x.type, shape } });
  // First the slices of border, as if a slice were a pixel, then the borders of slices, as if they were images.
  const elements = channels * height * width;
  const bordered = stageImages(context, seenAs(x.at, [volumes, elements, slices, 1]), {
    ...request,
    name: `${request.name}.slices`,
    firstChannel: 0,
    channels: elements,
    pads: [before, 0, after, 0],
    asBytes: true,
  });
  const depth = before + slices + after;
  return {
    ...stageImages(context, seenAs(bordered.at, [volumes * depth, channels, height, width]), request),
    depth,
  };
}

function stageImages(context: Context, x: Value, request: StageRequest): StagedInput {
  const [images = 1, sourceStride = 1, height = 1, width = 1] = x.type.shape;
  const { firstChannel, channels, fill } = request;
  const [top = 0, left = 0, bottom = 0, right = 0] = request.pads;
  const isFloat = x.type.dtype === 'f32';
  const source = pointer(x.at.buffer, x.at.offset + firstChannel * byteSize[x.type.dtype]);
  const hasBorder = request.size !== undefined || request.pads.some((size) => size > 0);
  const dot = request.asBytes ? 'usdot' : context.target.dot;
  if (!hasBorder && (isFloat || dot === 'usdot')) {
    return { at: source, height, width, channels: sourceStride, elementBytes: isFloat ? 4 : 1 };
  }
  const elementBytes = isFloat ? 4 : dot === 'i16' ? 2 : 1;
  const [stagedHeight, stagedWidth] = request.size ?? [height + top + bottom, width + left + right];
  const bytes = elementCount([images, stagedHeight, stagedWidth, channels]) * elementBytes;
  const at = pointer(context.program.scratch(request.name, bytes));
  context.program.call(isFloat ? 'f32_stage' : 'u8_stage', images * stagedHeight, {
    input: source,
    output: at,
    images,
    height,
    width,
    sourceStride,
    channels,
    stagedHeight,
    stagedWidth,
    stagedChannels: channels,
    top,
    left,
    fill,
    mode: modes[dot],
  });
  return { at, height: stagedHeight, width: stagedWidth, channels, elementBytes };
}
