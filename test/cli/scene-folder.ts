import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { disjointSplit, formatSplit } from '../../src/data/index.js';
import { type SceneOptions, syntheticScene } from '../../tools/bench/scenes/synthetic.js';
import { temporaryFolder } from '../data/archives.js';
import { arrayOf, labelsOf, matlab5Of, matrixOf } from '../data/cube/matlab-file.js';

/** A folder with a made-up scene, its labels, a disjoint split and their description, whose path is given. */
export function sceneFolder(options: SceneOptions): string {
  const folder = temporaryFolder();
  const { cube, truth } = syntheticScene(options);
  const { height, width, bands } = cube;
  const value = (row: number, column: number, band: number): number =>
    cube.data[(row * width + column) * bands + band] ?? 0;
  const label = (row: number, column: number): number => truth.labels[row * width + column] ?? 0;
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(folder, name), content);
  write('cube.mat', matlab5Of([matrixOf(arrayOf('cube', { height, width, bands, value }, 'f32'))]));
  write('labels.mat', matlab5Of([matrixOf(labelsOf('labels', { height, width, bands: 1, value: label }))]));
  write('split.json', formatSplit(disjointSplit(truth, { train: 0.5, patch: 5, seed: 1 })));
  const files = { cube: 'cube.mat', labels: 'labels.mat', split: 'split.json' };
  const fields = { format: 'spikelet-scene', version: 1, ...files, normalise: 'bands', names: { 1: 'corn' } };
  write('scene.json', JSON.stringify(fields));
  return join(folder, 'scene.json');
}
