import { coordinateModes, roundingModes } from '../../../graph/interpolation.js';
import type { Call, Convert } from '../call.js';
import { rejectOperator } from '../unsupported.js';
import { requireImage } from './windows.js';

function choice<const T extends string>(call: Call, name: string, choices: readonly T[], fallback: T): T {
  const given = call.attributes.text(name, fallback);
  return choices.find((known) => known === given) ?? rejectOperator(`${name} '${given}' is not supported`);
}

/** Numbers for every axis from numbers for some of them. */
function spread(call: Call, given: readonly number[], rest: readonly number[]): readonly number[] {
  const named = call.attributes.integers('axes');
  const axes = call.axes(named ?? rest.map((_, i) => i), rest.length);
  if (given.length !== axes.length)
    call.reject(`must give ${axes.length} sizes or scales, gives ${given.length}`);
  return rest.map((own, axis) => (axes.includes(axis) ? (given[axes.indexOf(axis)] ?? own) : own));
}

interface Target {
  readonly sizes: readonly number[];
  /** Scales of height and width, empty where they are output / input. */
  readonly scales: readonly number[];
}

function fromScales(call: Call, given: readonly number[], shape: readonly number[]): Target {
  const scales = spread(call, given, [1, 1, 1, 1]);
  if (scales.some((scale) => !(scale > 0 && scale < 2 ** 16))) call.reject('scales must be positive');
  const sizes = shape.map((size, i) => Math.floor(size * (scales[i] ?? 1)));
  const isExact = sizes.every((size, i) => size === (shape[i] ?? 1) * (scales[i] ?? 1));
  return { sizes, scales: isExact ? [] : scales.slice(2) };
}

function readTarget(call: Call, shape: readonly number[]): Target {
  const scales = call.has(2) ? Array.from(call.host(2, 'scales').data) : [];
  if (scales.length > 0) return fromScales(call, scales, shape);
  const sizes = call.integers(3, 'sizes') ?? call.reject('needs scales or sizes');
  return { sizes: spread(call, sizes, shape), scales: [] };
}

const resize: Convert = (call) => {
  const shape = requireImage(call);
  call.attributes.ignore('cubic_coeff_a', 'exclude_outside', 'extrapolation_value');
  if (call.attributes.integer('antialias', 0) !== 0) rejectOperator('antialias is not supported');
  choice(call, 'keep_aspect_ratio_policy', ['stretch'], 'stretch');
  const mode = choice(call, 'mode', ['nearest', 'linear'], 'nearest');
  const attributes = {
    ...readTarget(call, shape),
    mode,
    coordinates: choice(call, 'coordinate_transformation_mode', coordinateModes, 'half_pixel'),
    rounding: choice(call, 'nearest_mode', roundingModes, 'round_prefer_floor'),
  };
  const { sizes } = attributes;
  if (sizes[0] !== shape[0] || sizes[1] !== shape[1]) rejectOperator('only height and width can be resized');
  const value = call.input(0);
  if (mode === 'linear' || value.kind === 'host')
    return [call.emit('resize', [call.float(value)], attributes)];
  return [call.move(value, 'resize', attributes, (tensor) => tensor)];
};

export const resizing: Readonly<Record<string, Convert>> = { Resize: resize };
