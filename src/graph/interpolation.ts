/** How an output index of a resized axis is turned into a position in the input. */
export const coordinateModes = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'] as const;

/** How a position becomes an index where nearest elements are taken. */
export const roundingModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

export type CoordinateMode = (typeof coordinateModes)[number];
export type RoundingMode = (typeof roundingModes)[number];

/** An axis that is resized; `scale` is `output / input` unless the model says otherwise. */
export interface ResizedAxis {
  readonly input: number;
  readonly output: number;
  readonly scale?: number;
  readonly coordinates: CoordinateMode;
}

const clamp = (x: number, greatest: number): number => Math.min(Math.max(x, 0), greatest);

/** Multiplies before it divides, so that positions that are whole numbers come out as such. */
function unscale(x: number, { input, output, scale }: ResizedAxis): number {
  return scale === undefined ? (x * input) / output : x / scale;
}

/** Position in the input of output index `index`, not yet limited to the input. */
export function sourcePosition(axis: ResizedAxis, index: number): number {
  switch (axis.coordinates) {
    case 'half_pixel':
      return unscale(index + 0.5, axis) - 0.5;
    case 'pytorch_half_pixel':
      return axis.output > 1 ? unscale(index + 0.5, axis) - 0.5 : 0;
    case 'align_corners':
      return axis.output > 1 ? (index * (axis.input - 1)) / (axis.output - 1) : 0;
    case 'asymmetric':
      return unscale(index, axis);
  }
}

function roundPosition(position: number, rounding: RoundingMode): number {
  switch (rounding) {
    case 'round_prefer_floor':
      return Math.ceil(position - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(position + 0.5);
    case 'floor':
      return Math.floor(position);
    case 'ceil':
      return Math.ceil(position);
  }
}

/** Index in the input of the nearest element for each output index. */
export function nearestIndices(axis: ResizedAxis, rounding: RoundingMode): readonly number[] {
  return Array.from({ length: axis.output }, (_, i) =>
    clamp(roundPosition(sourcePosition(axis, i), rounding), axis.input - 1),
  );
}

/** Two neighbours in the input and the weight of the upper one. */
export interface Neighbours {
  readonly lower: number;
  readonly upper: number;
  readonly weight: number;
}

/** Neighbours for linear interpolation for each output index; positions outside take the edge. */
export function linearNeighbours(axis: ResizedAxis): readonly Neighbours[] {
  return Array.from({ length: axis.output }, (_, i) => {
    const position = clamp(sourcePosition(axis, i), axis.input - 1);
    const lower = Math.floor(position);
    return { lower, upper: Math.min(lower + 1, axis.input - 1), weight: position - lower };
  });
}
