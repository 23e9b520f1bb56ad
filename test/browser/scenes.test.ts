import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack } from '../../src/format/index.js';
import { f32Type } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { syntheticScene } from '../../tools/bench/scenes/synthetic.js';
import { enviFiles } from '../cli/envi-scene.js';
import { cnn3d, Layers, spiking } from '../scenes/networks.js';
import { nearestSpectrum } from '../scenes/spectral.js';
import { hasChromium } from './chromium.js';
import { type ExamplePage, openExample } from './example.js';

const salinas = '../shared/data/hsi/SalinasA_corrected.mat';

let folder = '';
let example: ExamplePage;
let page: Page;

/** A network that takes a while. */
function slowNetwork(bands: number): Graph {
  const net = new Layers('slow', 1);
  const x = net.builder.input('patch', f32Type([1, bands, 9, 9]));
  const a = net.relu(net.conv('conv1', x, [96, bands, 5, 5]));
  const b = net.relu(net.conv('conv2', a, [96, 96, 5, 5]));
  return net.classifier(net.linear('fc', net.reshape('flat', b, [1, 96]), [4, 96]));
}

const scene = syntheticScene({ height: 120, width: 150, bands: 24, classes: 4, seed: 2 });
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  if (!hasChromium) return;
  folder = mkdtempSync(join(tmpdir(), 'spikelet-scenes-'));
  enviFiles(folder, 'scene', scene.cube);
  enviFiles(folder, 'narrow', {
    ...scene.cube,
    bands: 23,
    data: scene.cube.data.filter((_: number, i: number) => i % 24 < 23),
  });
  writeFileSync(path('nearest.spikelet'), pack(nearestSpectrum(scene.cube, scene.truth)));
  writeFileSync(path('slow.spikelet'), pack(slowNetwork(24)));
  example = await openExample('examples/scenes/vite.config.ts', { width: 1200, height: 1300 });
  page = example.page;
});

afterAll(async () => {
  if (!hasChromium) return;
  await example.close();
  rmSync(folder, { recursive: true });
});

const textOf = async (selector: string): Promise<string> =>
  (await page.locator(selector).textContent()) ?? '';

const status = (text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('#status')?.textContent === wanted, text, {
    timeout: 50_000,
  });

/** Colours of a canvas and how many of its pixels have each; what is not drawn is transparent. */
const coloursOf = (selector: string): Promise<Record<string, number>> =>
  page.evaluate((name) => {
    const canvas = document.querySelector<HTMLCanvasElement>(name);
    const context = canvas?.getContext('2d');
    if (!canvas || !context) throw new Error(`no canvas ${name}`);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const counts: Record<string, number> = {};
    for (let i = 0; i < data.length; i += 4) {
      const colour = data[i + 3] === 0 ? 'none' : data.subarray(i, i + 3).join();
      counts[colour] = (counts[colour] ?? 0) + 1;
    }
    return counts;
  }, selector);

describe.skipIf(!hasChromium)('the page for scenes', () => {
  it('classifies a made-up scene: false colours, map, legend, spectra, scores', async () => {
    await page.selectOption('#memory', '4');
    await page.click('#made');
    await status('Done.');
    expect(Object.keys(await coloursOf('#scene')).length).toBeGreaterThan(100);
    const map = await coloursOf('#map');
    expect(Object.keys(map)).toHaveLength(5);
    expect(Object.values(map).reduce((sum, count) => sum + count, 0)).toBe(150 * 200);
    expect(await page.locator('#legend li').allTextContents()).toEqual([
      expect.stringMatching(/^water, \d+\.\d %$/),
      ...['meadow', 'maize', 'vines', 'fallow'].map((name) => expect.stringContaining(name)),
    ]);
    expect(Object.keys(await coloursOf('#spectra')).length).toBeGreaterThan(5);
    expect(await textOf('#facts')).toMatch(/OA 9\d\.\d\d %/);
    expect(await textOf('#facts')).toMatch(/\d+ tiles of/);
  });

  it('takes a cube with its header and a network, and says what is still needed', async () => {
    await page.reload();
    await page.setInputFiles('#files', [path('scene.hdr'), path('scene.img')]);
    await status('Still needed: a network.');
    expect(await textOf('#about-scene')).toBe('scene.img: 120 by 150 pixels, 24 bands');
    expect(await page.locator('#classify').isDisabled()).toBe(true);
    await page.setInputFiles('#files', path('nearest.spikelet'));
    await status('Network nearest.');
    await page.click('#classify');
    await status('Done.');
    expect(Object.keys(await coloursOf('#map'))).toHaveLength(4);
  });

  it('draws tile by tile and stops when it is told to', async () => {
    await page.setInputFiles('#files', path('slow.spikelet'));
    await status('Network slow.');
    await page.selectOption('#memory', '4');
    await page.click('#classify');
    await page.waitForFunction(
      () => (document.querySelector<HTMLProgressElement>('#progress')?.value ?? 0) > 0,
    );
    await page.click('#cancel');
    await status('Cancelled.');
    const drawn = await coloursOf('#map');
    expect(drawn.none).toBeGreaterThan(0);
    expect(drawn.none).toBeLessThan(120 * 150);
    expect(await page.locator('#failure').isHidden()).toBe(true);
    await page.setInputFiles('#files', path('nearest.spikelet'));
    await page.click('#classify');
    await status('Done.');
    expect((await coloursOf('#map')).none).toBeUndefined();
  });

  it('says what is wrong with files and stays usable', async () => {
    const failure = async (): Promise<string> => {
      await page.waitForSelector('#failure:not([hidden])');
      return textOf('#failure');
    };
    await page.setInputFiles('#files', { name: 'x.mat', mimeType: 'x/y', buffer: Buffer.from('none') });
    expect(await failure()).toContain('x.mat');
    await page.setInputFiles('#files', [path('narrow.hdr'), path('narrow.img')]);
    await page.waitForSelector('#failure', { state: 'hidden' });
    await page.click('#classify');
    expect(await failure()).toMatch(/narrow\.img: has 23 bands, but model 'nearest' takes 24/);
    await page.click('#made');
    await status('Done.');
    expect(await page.locator('#failure').isHidden()).toBe(true);
  });

  it('tells the spikes and the energy of a spiking network beside the same without spikes', async () => {
    const nine = syntheticScene({ height: 14, width: 12, bands: 9, classes: 4, seed: 2 });
    enviFiles(folder, 'nine', nine.cube);
    writeFileSync(path('spiking.spikelet'), pack(await spiking(cnn3d(), 6)));
    await page.setInputFiles('#files', ['nine.hdr', 'nine.img', 'spiking.spikelet'].map(path));
    await status('Network cnn-3d.');
    await page.click('#classify');
    await status('Done.');
    const facts = await textOf('#facts');
    expect(facts).toMatch(/Spikes[\d,]+Energy by FP32 \(MAC 4\.6 pJ, AC 0\.9 pJ\)/);
    expect(facts).toMatch(/Energy by INT32 .* mJ, without spikes .* mJ: \d+\.\d times/);
  });

  it.skipIf(!existsSync(salinas))('reads a MATLAB file', async () => {
    await page.setInputFiles('#files', salinas);
    await page.waitForFunction(() =>
      document.querySelector('#about-scene')?.textContent?.includes('204 bands'),
    );
    expect(Object.keys(await coloursOf('#scene')).length).toBeGreaterThan(100);
  });

  it('keeps to a policy that allows its own scripts and WebAssembly alone', async () => {
    const policy = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content');
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(example.complaints).toEqual([]);
  });
});
