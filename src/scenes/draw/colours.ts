import type { Colour } from '../../data/cube/cube.js';

/** Of pixels without a label. */
export const unlabelled: Colour = [0, 0, 0];

const hueToChannel = (hue: number, shift: number): number => {
  const position = (hue * 6 + shift) % 6;
  return Math.min(1, Math.max(0, Math.abs(position - 3) - 1));
};

/** A colour by its hue, how strong it is and how light, all from 0 to 1. */
function colourOf(hue: number, saturation: number, value: number): Colour {
  const channel = (shift: number): number =>
    Math.round(255 * value * (1 - saturation + saturation * hueToChannel(hue, shift)));
  return [channel(0), channel(4), channel(2)];
}

/** Of the labels from 1 on: each differs from all others at a glance. */
const first: readonly Colour[] = [
  [225, 60, 55],
  [60, 175, 80],
  [250, 205, 45],
  [55, 110, 230],
  [245, 130, 40],
  [140, 60, 185],
  [65, 205, 225],
  [235, 75, 215],
  [185, 225, 65],
  [250, 170, 185],
  [0, 125, 125],
  [200, 170, 245],
  [150, 90, 35],
  [110, 135, 165],
  [125, 0, 40],
  [150, 240, 185],
  [110, 110, 25],
  [25, 30, 115],
];

/** Share of the circle of hues by which each further colour lies after the one before. */
const goldenStep = 0.618034;

/**
 * A colour for each label, the same wherever the label is met: given colours first. Label 0 is black.
 *
 * @example
 * const [red, green, blue] = classColour(3);
 */
export function classColour(label: number, given?: readonly Colour[]): Colour {
  if (label === 0) return given?.[0] ?? unlabelled;
  return given?.[label] ?? first[label - 1] ?? colourOf((label * goldenStep) % 1, 0.7, 0.85);
}
