import type { Cube } from '../data/cube/cube.js';
import { type Normalisation, normalisationOf, normaliser } from '../data/cube/normalise.js';
import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import type { SceneOptions } from './options.js';
import type { PatchNetwork } from './patch-network.js';

/** The provenance of a model may say how its input is normalised, and what labels its classes have. */
const fields = { normalisation: 'normalisation', labels: 'sceneLabels' } as const;

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const areNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isNumber);

function asNormalisation(value: unknown): Normalisation | 'minmax' | 'bands' | 'none' | undefined {
  if (value === 'minmax' || value === 'bands' || value === 'none') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const given: Readonly<Record<string, unknown>> = { ...value };
  const { kind, minimum, maximum, mean, std } = given;
  if (kind === 'minmax' && isNumber(minimum) && isNumber(maximum)) return { kind, minimum, maximum };
  if (kind === 'bands' && areNumbers(mean) && areNumbers(std)) return { kind, mean, std };
  return undefined;
}

/**
 * How a model says that its input is normalised: `provenance.normalisation` is `minmax`, `bands`, `none`, or as JSON
 * the numbers of a `Normalisation`. Throws `invalid-model` for anything else.
 */
export function modelNormalisation({ name, provenance }: Graph): SceneOptions['normalisation'] {
  const text = provenance?.[fields.normalisation];
  if (text === undefined) return undefined;
  let value: unknown = text;
  try {
    if (text.startsWith('{')) value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const known = asNormalisation(value);
  if (known) return known;
  throw new SpikeletError('invalid-model', `'${text}' is no normalisation of a scene`, {
    where: `model '${name}': provenance '${fields.normalisation}'`,
  });
}

/** Labels that are the names of classes already: `class 10`. */
function namedLabels(classNames: readonly string[] | undefined): readonly number[] | undefined {
  const labels = classNames?.map((name) => Number(/^class (\d{1,5})$/.exec(name)?.[1]));
  return labels?.every((label) => label <= 65535) ? labels : undefined;
}

/**
 * The labels of a model's classes in the order of its scores, as the model says: `provenance.sceneLabels` is a list of
 * numbers separated by commas, or every class is called `class` and its label. Throws `invalid-model` for another list.
 */
export function modelLabels({ graph, classes, classNames }: PatchNetwork): readonly number[] | undefined {
  const text = graph.provenance?.[fields.labels];
  if (text === undefined) return namedLabels(classNames);
  const labels = text.split(',').map(Number);
  const isLabel = (label: number): boolean => Number.isInteger(label) && label >= 0 && label <= 65535;
  if (labels.length === classes && labels.every(isLabel)) return labels;
  throw new SpikeletError('invalid-model', `'${text}' does not list the labels of ${classes} classes`, {
    where: `model '${graph.name}': provenance '${fields.labels}'`,
  });
}

/** The label of each class. Throws `invalid-option` if not every class has one. */
export function labelsOf(network: PatchNetwork, { labels }: SceneOptions): readonly number[] {
  const given = labels ?? modelLabels(network) ?? Array.from({ length: network.classes }, (_, i) => i + 1);
  if (given.length === network.classes) return given;
  throw new SpikeletError(
    'invalid-option',
    `${given.length} labels do not go with the ${network.classes} classes of the model`,
    { where: 'labels' },
  );
}

/** The bands that the model takes. Throws `invalid-input` where the cube has not just as many. */
export function bandsOf(network: PatchNetwork, cube: Cube, options: SceneOptions): readonly number[] {
  const given = options.bands ?? Array.from({ length: cube.bands }, (_, i) => i);
  const beyond = given.find((band) => band >= cube.bands);
  if (beyond !== undefined) {
    throw new SpikeletError('invalid-option', `there is no band ${beyond} among ${cube.bands}`, {
      where: 'bands',
    });
  }
  if (given.length === network.bands) return given;
  throw new SpikeletError(
    'invalid-input',
    `${options.bands ? `${given.length} bands are chosen` : `has ${cube.bands} bands`}, but model '${network.graph.name}' takes ${network.bands}: choose them with \`bands\``,
    { where: cube.name },
  );
}

/** The part of a normalisation that is about some bands, where it is about all bands of a cube. */
function ofBands(how: Normalisation, bands: readonly number[], all: number): Normalisation {
  if (how.kind === 'minmax' || how.mean.length !== all || how.std.length !== all) return how;
  const pick = (values: readonly number[]): readonly number[] => bands.map((band) => values[band] ?? 0);
  return { kind: 'bands', mean: pick(how.mean), std: pick(how.std) };
}

/** What becomes of a sample of the cube, given the place of its band among those that the model takes. */
export function sampleFunction(
  network: PatchNetwork,
  cube: Cube,
  bands: readonly number[],
  options: SceneOptions,
): (sample: number, band: number) => number {
  const how = options.normalisation ?? modelNormalisation(network.graph) ?? 'minmax';
  if (how === 'none') return (sample) => sample;
  const whole = typeof how === 'string' ? normalisationOf(cube, how) : how;
  return normaliser({ name: cube.name, bands: bands.length }, ofBands(whole, bands, cube.bands));
}
