import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSceneFile } from '../../src/cli/scene-file.js';
import { sceneFolder } from './scene-folder.js';

const small = { height: 20, width: 24, bands: 8, classes: 3 };

describe('the description of a scene', () => {
  it('names files beside it, how samples become inputs, and classes', async () => {
    const path = sceneFolder(small);
    const { cube, truth, split, normalisation } = await readSceneFile(path);
    expect(cube).toMatchObject({ height: 20, width: 24, bands: 8 });
    expect(truth).toMatchObject({ height: 20, width: 24 });
    expect(truth.classNames).toEqual(['class 0', 'corn']);
    expect(split).toMatchObject({ kind: 'disjoint', height: 20, width: 24 });
    expect(normalisation).toBe('bands');
  });

  it.each([
    ['{', 'is no JSON'],
    ['[]', 'describes no scene (spikelet-scene of version 1)'],
    ['{ "format": "spikelet-scene", "version": 2 }', 'describes no scene (spikelet-scene of version 1)'],
    ['{ "format": "spikelet-scene", "version": 1 }', 'does not name the file of the cube'],
    ['{ "format": "spikelet-scene", "version": 1, "cube": 3 }', "field 'cube' must be a text"],
    [
      '{ "format": "spikelet-scene", "version": 1, "names": ["corn"] }',
      "field 'names' must map labels to names",
    ],
    [
      '{ "format": "spikelet-scene", "version": 1, "names": { "1": 1 } }',
      "field 'names' must map labels to names, has '1'",
    ],
    [
      '{ "format": "spikelet-scene", "version": 1, "normalise": "log" }',
      "field 'normalise' must be one of minmax, bands, none, got 'log'",
    ],
  ])('that reads %s is refused', async (text, message) => {
    const path = sceneFolder(small);
    writeFileSync(path, text);
    await expect(readSceneFile(path)).rejects.toMatchObject({
      code: 'invalid-input',
      message: `${path}: ${message}`,
    });
  });

  it('is refused where a file is not there', async () => {
    const path = sceneFolder(small);
    const fields = {
      format: 'spikelet-scene',
      version: 1,
      cube: 'none.mat',
      labels: 'labels.mat',
      split: '',
    };
    writeFileSync(path, JSON.stringify(fields));
    await expect(readSceneFile(path)).rejects.toMatchObject({ code: 'not-found' });
    await expect(readSceneFile(`${path}.json`)).rejects.toMatchObject({ code: 'not-found' });
  });
});
