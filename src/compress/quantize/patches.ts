import type { ConvNode } from '../../graph/ops/conv.js';
import { convWindow } from '../../graph/ops/conv.js';
import type { LinearNode } from '../../graph/ops/linear.js';
import { elementCount } from '../../graph/tensor.js';
import { forEachTap, positionOf, windowOutput } from '../../graph/window.js';

export type WeightedNode = ConvNode | LinearNode;

/** How a layer's outputs are products of weight rows and patches of its input. */
export interface PatchReader {
  /** Independent sets of weight rows; group `g` sees patch `g` of a position. */
  readonly groups: number;
  readonly columns: number;
  /** Output pixels (rows of a linear layer's input), over the whole batch. */
  readonly positions: number;
  /** Writes the patch, in the order of a weight row, to `target` from `at`, its elements `stride` apart. */
  read(
    data: ArrayLike<number>,
    position: number,
    group: number,
    target: Float64Array,
    at: number,
    stride: number,
  ): void;
}

/** Reads the patches of a layer with a weight of `weightShape` from its row-major input of `inputShape`. */
export function patchReader(
  node: WeightedNode,
  inputShape: readonly number[],
  weightShape: readonly number[],
): PatchReader {
  return node.op === 'conv'
    ? convPatches(node, inputShape, weightShape)
    : linearPatches(inputShape, weightShape);
}

function linearPatches(inputShape: readonly number[], weightShape: readonly number[]): PatchReader {
  const columns = weightShape[1] ?? 0;
  return {
    groups: 1,
    columns,
    positions: elementCount(inputShape) / columns,
    read(data, position, _group, target, at, stride) {
      for (let k = 0; k < columns; k++) target[at + k * stride] = data[position * columns + k] ?? 0;
    },
  };
}

function convPatches(
  node: ConvNode,
  [batch = 0, channels = 0, ...sizes]: readonly number[],
  weightShape: readonly number[],
): PatchReader {
  const [, perGroup = 0] = weightShape;
  const window = convWindow(node, weightShape);
  const outSizes = windowOutput(node, sizes, window);
  const elements = elementCount(sizes);
  const pixels = elementCount(outSizes);
  const taps = elementCount(window.kernel);
  return {
    groups: node.attributes.groups,
    columns: perGroup * taps,
    positions: batch * pixels,
    read(data, position, group, target, at, stride) {
      const first = Math.floor(position / pixels) * channels + group * perGroup;
      for (let k = 0; k < perGroup * taps; k++) target[at + k * stride] = 0;
      forEachTap(window, sizes, positionOf(position % pixels, outSizes), (tap, element) => {
        for (let c = 0; c < perGroup; c++) {
          target[at + (c * taps + tap) * stride] = data[(first + c) * elements + element] ?? 0;
        }
      });
    },
  };
}

/** Positions taken from each sample: enough for steady statistics, few enough to keep them cheap. */
const positionsPerSample = 32;
const goldenFraction = (Math.sqrt(5) - 1) / 2;

/** Positions of a sample that are looked at: spread evenly, from a start that differs by sample. */
export function chosenPositions(positions: number, sample: number): readonly number[] {
  if (positions <= positionsPerSample) return Array.from({ length: positions }, (_, i) => i);
  const start = (sample * goldenFraction) % 1;
  return Array.from({ length: positionsPerSample }, (_, i) =>
    Math.floor(((i + start) * positions) / positionsPerSample),
  );
}
