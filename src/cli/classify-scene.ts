import { type Cube, classesOf, type GroundTruth, type PixelSplit, type Pixels } from '../data/index.js';
import { readCube, readGroundTruth } from '../data/node.js';
import { SpikeletError } from '../error.js';
import {
  classifyScene as classify,
  drawClassMap,
  drawShares,
  legendOf,
  modelLabels,
  patchNetwork,
  type SceneMap,
  type SceneOptions,
} from '../scenes/index.js';
import { energyPairsIn, pairsFor } from './activity/pairs.js';
import { type Command, type Given, modelOperand } from './command.js';
import { checkTarget, writeWhole } from './files.js';
import { type Io, UsageError } from './io.js';
import { type ModelFile, readModel } from './model-file.js';
import { valueIn } from './parse.js';
import { encodePng } from './png.js';
import { progressLine } from './progress.js';
import { classifyOptionsIn, inSceneWords, missingIn, sceneOptions } from './scene-options.js';
import { asJson, report } from './scene-report.js';
import { readSplit, scoreMap } from './scene-scores.js';

/** Files that may be written, and what is read besides the model. */
interface Files {
  readonly output: string;
  readonly confidence: string | undefined;
  readonly labelImage: string | undefined;
}

function filesIn(given: Given): Files {
  const files = {
    output: valueIn(given, 'output') ?? '',
    confidence: valueIn(given, 'confidence'),
    labelImage: valueIn(given, 'label-image'),
  };
  for (const path of Object.values(files)) if (path !== undefined) checkTarget(path, 'map.png');
  return files;
}

async function readScene(given: Given, missing: number | undefined): Promise<Cube> {
  const variable = valueIn(given, 'variable');
  return readCube(given.positionals[1] ?? '', {
    ...(variable !== undefined && { variable }),
    ...(missing !== undefined && { missing }),
  });
}

async function readTruth(given: Given, cube: Cube): Promise<GroundTruth | undefined> {
  const path = valueIn(given, 'truth');
  if (path === undefined) return undefined;
  const variable = valueIn(given, 'truth-variable');
  const truth = await readGroundTruth(path, variable === undefined ? {} : { variable });
  if (truth.height === cube.height && truth.width === cube.width) return truth;
  throw new SpikeletError(
    'invalid-input',
    `has labels of ${truth.height}x${truth.width} pixels, but ${cube.name} has ${cube.height}x${cube.width}`,
    { where: path },
  );
}

/** Labels as the training tools number classes, those that occur in order, where the model does not say. */
function labelsFor({ graph }: ModelFile, truth: GroundTruth | undefined): readonly number[] | undefined {
  const network = patchNetwork(graph);
  const known = truth && classesOf(truth);
  return modelLabels(network) ?? (known?.length === network.classes ? known : undefined);
}

function splitIn(given: Given, truth: GroundTruth | undefined): PixelSplit | undefined {
  const path = valueIn(given, 'split');
  if (path === undefined) return undefined;
  return truth && readSplit(path, truth);
}

async function classifyWithProgress(
  file: ModelFile,
  cube: Cube,
  options: SceneOptions,
  io: Io,
): Promise<SceneMap> {
  const progress = progressLine(io.err, 'classifying', 'pixels');
  try {
    return await classify(file.graph, cube, {
      ...options,
      signal: io.signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } finally {
    progress.finish();
  }
}

function labelPicture({ height, width, labels }: SceneMap, path: string) {
  if (labels.some((label) => label > 255)) {
    throw new SpikeletError('unsupported', 'labels above 255 do not fit into a gray picture', {
      where: path,
    });
  }
  return { height, width, channels: 1, data: Uint8Array.from(labels) } as const;
}

function draw(files: Files, map: SceneMap, picture: Pixels, signal: AbortSignal): void {
  writeWhole(files.output, encodePng(picture), signal);
  const { confidence, labelImage } = files;
  if (confidence !== undefined) writeWhole(confidence, encodePng(drawShares(map, map.confidence)), signal);
  if (labelImage !== undefined) writeWhole(labelImage, encodePng(labelPicture(map, labelImage)), signal);
}

export const classifyScene: Command = {
  name: 'classify-scene',
  summary: 'Classify every pixel of a hyperspectral scene',
  operands: [
    modelOperand,
    { name: '<cube>', help: 'a scene: MATLAB 5 or 7.3, GeoTIFF, or ENVI by its header or data file' },
  ],
  options: sceneOptions,
  examples: [
    'spikelet classify-scene model.spikelet scene.mat -o map.png',
    'spikelet classify-scene model.spikelet scene.hdr -o map.png --truth labels.mat --split split.json --json',
  ],
  async run(given, io) {
    const options = classifyOptionsIn(given);
    const missing = missingIn(given);
    const asked = energyPairsIn(given);
    if (given.values.has('split') && !given.values.has('truth')) {
      throw new UsageError('--split says which labels are scored: give --truth too');
    }
    const files = filesIn(given);
    const file = await readModel(given.positionals[0] ?? '');
    try {
      const cube = await readScene(given, missing);
      const truth = await readTruth(given, cube);
      const split = splitIn(given, truth);
      const labels = options.labels ?? labelsFor(file, truth);
      const begin = performance.now();
      const map = await classifyWithProgress(file, cube, { ...options, labels }, io);
      const seconds = (performance.now() - begin) / 1e3;
      const legend = legendOf(map, truth);
      const scored = scoreMap(map, legend, truth, split);
      draw(files, map, drawClassMap(map, legend, truth?.colours), io.signal);
      for (const warning of scored.warnings) io.err.write(`${warning}\n`);
      const result = { file, cube, map, scored, seconds, pairs: pairsFor(asked, file.graph) };
      io.out.write(given.switches.has('json') ? `${JSON.stringify(asJson(result))}\n` : report(result));
    } catch (error) {
      throw inSceneWords(error);
    }
  },
};
