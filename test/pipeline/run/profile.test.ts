import { type ModelProfile, partition, profile, readProfile, writeProfile } from 'spikelet/pipeline';
import { describe, expect, test } from 'vitest';
import { layersOf } from '../../../src/pipeline/index.js';
import { failure } from '../../engine/plans.js';
import { residual } from './networks.js';

const layers = layersOf(residual.graph);
const floats = 4;

describe('the profile of a model', () => {
  test('says for each layer what a stage of it alone takes', async () => {
    const measured = await profile(residual.graph, { type: 'board', runs: 2 });
    expect(measured.layers.map(({ name }) => name)).toEqual(layers.map(({ name }) => name));
    expect(measured.inputs).toEqual([3 * 12 * 12]);
    const [stem, first] = measured.layers;
    expect(stem?.outputs).toEqual([8 * 12 * 12]);
    // The input of the block is needed behind its first layer for the sum.
    expect(first?.outputs).toEqual([8 * 12 * 12, 8 * 12 * 12]);
    for (const { seconds, weightBytes } of measured.layers) {
      expect(seconds.board).toBeGreaterThan(0);
      expect(weightBytes).toBeGreaterThanOrEqual(8 * 3 * 9 * floats);
    }
    expect(readProfile(writeProfile(measured))).toEqual(measured);
    const devices = ['a', 'b'].map((name) => ({ name, type: 'board', memory: 1e9 }));
    expect(partition(measured, devices).schedule.stages).toHaveLength(2);
  });

  test('goes on where it ended, and takes a second type of device in', async () => {
    const done: ModelProfile['layers'][number][] = [];
    const stopper = new AbortController();
    const stopped = profile(residual.graph, {
      runs: 1,
      type: 'board',
      signal: stopper.signal,
      onLayer: (layer) => {
        done.push(layer);
        if (done.length === 2) stopper.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    const known = { model: 'residual', batch: 1, inputs: [432], layers: done };
    const whole = await profile(residual.graph, { runs: 1, type: 'board', known });
    expect(whole.layers.slice(0, 2)).toEqual(done);
    expect(whole.layers).toHaveLength(layers.length);
    const both = await profile(residual.graph, { runs: 1, type: 'phone', known: whole });
    for (const [i, { seconds }] of both.layers.entries()) {
      expect(seconds.board).toBe(whole.layers[i]?.seconds.board);
      expect(seconds.phone).toBeGreaterThan(0);
    }
  });

  test('refuses options that cannot be', async () => {
    expect(await failure(profile(residual.graph, { runs: 0 }))).toContain('invalid-option');
    expect(await failure(profile(new Uint8Array(10)))).toContain('invalid-model');
  });
});
