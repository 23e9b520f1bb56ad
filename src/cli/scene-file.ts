import { dirname, join } from 'node:path';
import type { Cube, GroundTruth, PixelSplit } from '../data/index.js';
import { readCube, readGroundTruth } from '../data/node.js';
import { SpikeletError } from '../error.js';
import type { SceneOptions } from '../scenes/index.js';
import { readWhole } from './files.js';
import { readSplit } from './scene-scores.js';

const format = 'spikelet-scene';
const version = 1;

/** A scene with its known labels and their split, as the training tools' `scene` command describes one. */
export interface DescribedScene {
  readonly cube: Cube;
  readonly truth: GroundTruth;
  readonly split: PixelSplit;
  readonly normalisation: SceneOptions['normalisation'];
}

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function reject(path: string, message: string, cause?: unknown): never {
  throw new SpikeletError('invalid-input', message, { where: path, cause });
}

function fieldsOf(path: string): Fields {
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder().decode(readWhole(path)));
  } catch (cause) {
    if (cause instanceof SpikeletError) throw cause;
    reject(path, 'is no JSON', cause);
  }
  if (!isRecord(fields) || fields.format !== format || fields.version !== version) {
    reject(path, `describes no scene (${format} of version ${version})`);
  }
  return fields;
}

function textIn(fields: Fields, key: string, path: string): string | undefined {
  const value = fields[key];
  if (value === undefined || typeof value === 'string') return value;
  return reject(path, `field '${key}' must be a text`);
}

function fileIn(fields: Fields, key: string, path: string): string {
  const file = textIn(fields, key, path) ?? reject(path, `does not name the file of the ${key}`);
  return join(dirname(path), file);
}

/** Names by label, from 0 on; labels without a name get a made-up one. */
function namesIn({ names = {} }: Fields, path: string): readonly string[] | undefined {
  if (!isRecord(names)) reject(path, `field 'names' must map labels to names`);
  const named = new Map<number, string>();
  for (const [label, name] of Object.entries(names)) {
    if (!/^\d{1,5}$/.test(label) || typeof name !== 'string') {
      reject(path, `field 'names' must map labels to names, has '${label}'`);
    }
    named.set(Number(label), name);
  }
  if (named.size === 0) return undefined;
  return Array.from({ length: Math.max(...named.keys()) + 1 }, (_, i) => named.get(i) ?? `class ${i}`);
}

const normalisations = ['minmax', 'bands', 'none'] as const;

function normalisationIn(fields: Fields, path: string): DescribedScene['normalisation'] {
  const how = textIn(fields, 'normalise', path) ?? 'minmax';
  return (
    normalisations.find((known) => known === how) ??
    reject(path, `field 'normalise' must be one of ${normalisations.join(', ')}, got '${how}'`)
  );
}

const variableOf = (name: string | undefined) => (name === undefined ? {} : { variable: name });

/** Whether a path can only be the description of a scene. */
export const isSceneFile = (path: string): boolean => path.toLowerCase().endsWith('.json');

/** Reads the scene that a JSON file describes. Throws `invalid-input` or `not-found` that names the file at fault. */
export async function readSceneFile(path: string): Promise<DescribedScene> {
  const fields = fieldsOf(path);
  const names = namesIn(fields, path);
  const normalisation = normalisationIn(fields, path);
  const [cubePath, labelsPath] = [fileIn(fields, 'cube', path), fileIn(fields, 'labels', path)];
  const cube = await readCube(cubePath, variableOf(textIn(fields, 'cubeVariable', path)));
  const labels = await readGroundTruth(labelsPath, variableOf(textIn(fields, 'labelsVariable', path)));
  if (labels.height !== cube.height || labels.width !== cube.width) {
    const sizes = `labels of ${labels.height}x${labels.width} pixels for a scene of ${cube.height}x${cube.width}`;
    reject(labelsPath, sizes);
  }
  const truth = names ? { ...labels, classNames: names } : labels;
  return { cube, truth, split: readSplit(fileIn(fields, 'split', path), truth), normalisation };
}
