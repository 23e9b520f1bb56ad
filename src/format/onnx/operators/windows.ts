import type { Call } from '../call.js';
import { rejectOperator } from '../unsupported.js';

/** Attributes of a window that slides over spatial axes, as ONNX and we both name them. */
export interface WindowAttributes {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** Padding of one axis that makes the output `ceil(size / stride)` long. */
function samePadding(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  upper: boolean,
): readonly [number, number] {
  const reach = (kernel - 1) * dilation + 1;
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  const less = Math.floor(total / 2);
  return upper ? [less, total - less] : [total - less, less];
}

function automaticPads(
  call: Call,
  mode: string,
  kernel: readonly number[],
  window: WindowAttributes,
): readonly number[] {
  switch (mode) {
    case 'NOTSET':
      return window.pads;
    case 'VALID':
      return window.pads.map(() => 0);
    case 'SAME_UPPER':
    case 'SAME_LOWER': {
      const ends = kernel.map((taps, axis) =>
        samePadding(
          call.shape(0)[axis + 2] ?? 1,
          taps,
          window.strides[axis] ?? 1,
          window.dilations[axis] ?? 1,
          mode === 'SAME_UPPER',
        ),
      );
      return [...ends.map(([before]) => before), ...ends.map(([, after]) => after)];
    }
    default:
      return rejectOperator(`auto_pad '${mode}' does not exist`);
  }
}

function oneForEach(
  call: Call,
  name: string,
  values: readonly number[] | undefined,
  fallback: readonly number[],
): readonly number[] {
  if (values && values.length !== fallback.length)
    call.reject(`${name} must have ${fallback.length} entries`);
  return values ?? fallback;
}

/** Reads strides, pads (also automatic ones) and dilations, with an entry for each axis of the kernel. */
export function readWindow(call: Call, kernel: readonly number[]): WindowAttributes {
  const { attributes } = call;
  const ones = kernel.map(() => 1);
  const zeros = [...kernel, ...kernel].map(() => 0);
  const window = {
    strides: oneForEach(call, 'strides', attributes.integers('strides'), ones),
    pads: oneForEach(call, 'pads', attributes.integers('pads'), zeros),
    dilations: oneForEach(call, 'dilations', attributes.integers('dilations'), ones),
  };
  if (window.pads.some((pad) => pad < 0)) rejectOperator('negative pads are not supported');
  if (window.strides.some((s) => s < 1) || window.dilations.some((d) => d < 1)) {
    call.reject('strides and dilations must be at least 1');
  }
  return { ...window, pads: automaticPads(call, attributes.text('auto_pad', 'NOTSET'), kernel, window) };
}

/** Refuses anything but images: [N, C, H, W]. */
export function requireImage(call: Call, index = 0): readonly number[] {
  const shape = call.shape(index);
  if (shape.length !== 4) {
    rejectOperator(`works on ${shape.length - 2} spatial dimensions, only 2 are supported`);
  }
  return shape;
}
