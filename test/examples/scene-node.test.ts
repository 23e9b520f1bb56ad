import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readImage } from '../../src/data/node.js';
import { pack } from '../../src/format/index.js';
import { syntheticScene } from '../../tools/bench/scenes/synthetic.js';
import { enviFiles, enviLabels } from '../cli/envi-scene.js';
import { temporaryFolder } from '../data/archives.js';
import { nearestSpectrum } from '../scenes/spectral.js';

const run = promisify(execFile);
const script = resolve('examples/scene-node/classify.mjs');

test('the example for scenes in Node classifies a cube, draws it and scores it', async () => {
  const folder = temporaryFolder();
  const { cube, truth } = syntheticScene({ height: 20, width: 24, bands: 10, classes: 3, seed: 4 });
  const model = join(folder, 'nearest.spikelet');
  writeFileSync(model, pack(nearestSpectrum(cube, truth)));
  const files = [model, enviFiles(folder, 'scene', cube), enviLabels(folder, 'labels', truth)];
  const { stdout } = await run(process.execPath, [script, ...files], { cwd: folder });
  expect(stdout).toMatch(/^class 1: \d+ pixels\nclass 2: \d+ pixels\nclass 3: \d+ pixels\n/);
  expect(stdout).toMatch(/OA (9\d\.\d\d|100\.00) %, AA .*, kappa 0\.\d{4}|kappa 1\.0000/);
  expect(readImage(join(folder, 'map.png')).height).toBe(480);
});
