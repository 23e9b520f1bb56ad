import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Cube } from '../../src/data/cube/cube.js';
import { readCube } from '../../src/data/node.js';
import { unpack } from '../../src/format/index.js';
import { classifyScene } from '../../src/scenes/index.js';

const scene = '../shared/data/hsi/SalinasA_corrected.mat';
const folder = 'examples/models/salinas-a';

/** The first rows of a scene: enough for patches that reach over tiles. */
function firstRows(cube: Cube, height: number): Cube {
  return { ...cube, height, data: cube.data.subarray(0, height * cube.width * cube.bands) };
}

// The scene is not part of the package.
describe.skipIf(!existsSync(scene))('the trained spiking networks over SalinasA', () => {
  test.each([
    'cnn-32h-disjoint-snn6',
    'cnn-32h-random-snn6',
    'cnn-3d-disjoint-snn6',
  ])('%s gives tile by tile the bits of patch by patch', async (name) => {
    const graph = unpack(new Uint8Array(readFileSync(`${folder}/${name}.spikelet`)));
    const cube = firstRows(await readCube(scene), 4);
    const whole = await classifyScene(graph, cube);
    const patchwise = await classifyScene(graph, cube, { approach: 'patches' });
    expect(whole.work.approach).toBe('convolutional');
    expect(patchwise.work.approach).toBe('patches');
    expect(whole.labels).toEqual(patchwise.labels);
    expect(whole.confidence).toEqual(patchwise.confidence);
  });
});
