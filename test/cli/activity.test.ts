import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fold } from '../../src/compress/fold/fold.js';
import { toSpiking } from '../../src/compress/index.js';
import { pack } from '../../src/format/index.js';
import { graphBuilder, quantization, u8Type } from '../../src/graph/builder.js';
import type { Energy } from '../../src/graph/energy.js';
import type { Graph } from '../../src/graph/graph.js';
import { capture, captureJson } from './capture.js';
import { colourClassifier, colourFiles } from './models.js';

const files = colourFiles();
const spiking = join(files.folder, 'spiking.spikelet');

/** The classifier of colours with neurons, as files have it. */
async function spikingClassifier(): Promise<Graph> {
  const data = Float32Array.from({ length: 192 }, (_, i) => ((i * 37) % 50) / 25 - 1);
  const image = { dtype: 'f32', shape: [1, 3, 8, 8], data } as const;
  return toSpiking(fold(colourClassifier()), [{ image }], { steps: 4, searchSteps: 8, weightBits: 6 });
}

interface ActivityDocument {
  readonly activity: {
    readonly layers: readonly {
      readonly name: string;
      readonly spikes: number;
      readonly spikesPerNeuron: number;
    }[];
    readonly operations: readonly { readonly macs: number; readonly acs: number; readonly annMacs: number }[];
    readonly energy: readonly Energy[];
  };
}

beforeAll(async () => writeFileSync(spiking, pack(await spikingClassifier())));

describe('a spiking model', () => {
  test('is evaluated with its spikes, operations, and energy by pairs that are named', async () => {
    const { activity } = (await captureJson([
      'eval',
      spiking,
      '--data',
      files.data,
    ])) as unknown as ActivityDocument;
    const [layer] = activity.layers;
    expect(layer?.spikes).toBeGreaterThan(0);
    expect(layer?.spikesPerNeuron).toBeCloseTo((layer?.spikes ?? 0) / 256, 9);
    const [conv, linear] = activity.operations;
    expect(conv).toMatchObject({ macs: 6912, annMacs: 6912, acs: 0 });
    expect(linear).toMatchObject({ macs: 0, annMacs: 12 });
    expect(linear?.acs).toBeCloseTo(12 * (layer?.spikesPerNeuron ?? 0), 9);
    const names = activity.energy.map(({ pair }) => pair.name);
    expect(names.map((name) => name.split(' ')[0])).toEqual(['FP32', 'INT32', '6-bit']);
    const [fp32] = activity.energy;
    expect(fp32?.ann).toBeCloseTo((6912 + 12) * 4.6, 6);
    expect(fp32?.spiking).toBeCloseTo(6912 * 4.6 + (linear?.acs ?? 0) * 0.9, 6);
  });

  test('prints the same for people', async () => {
    const { out } = await capture([
      'eval',
      spiking,
      '--data',
      files.data,
      '--energy',
      'int32',
      '--energy',
      '6-bit^1.5',
    ]);
    expect(out).toContain('INT32 (MAC 3.2 pJ, AC 0.1 pJ)');
    expect(out).toMatch(/6-bit\^1\.5 \(MAC .* pJ, AC .* pJ\)/);
    expect(out).not.toContain('FP32');
    expect(out).toContain('ANN / spiking');
  });

  test.each([
    ['eval', ['--data', files.data]],
    ['profile', ['--runs', '2']],
  ])('has its activity drawn by %s', async (command, options) => {
    const picture = join(files.folder, `${command}.svg`);
    const { code, err } = await capture([command, spiking, ...options, '--activity', picture]);
    expect(err.includes('Error')).toBe(false);
    expect(code).toBe(0);
    const text = readFileSync(picture, 'utf8');
    expect(text).toMatch(/^<svg [^>]*viewBox="0 0 960 \d+"/);
    expect(text).toContain('spikes over 4 steps');
    expect(text.match(/<path class="spikes" d="M/g)?.length).toBe(1);
    expect(text).not.toContain('NaN');
  });

  test('that takes events is profiled on random ones', async () => {
    const g = graphBuilder('events');
    const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
    const weight = g.constant('w', { dtype: 'f32', shape: [8, 64], data: new Float32Array(512).fill(0.25) });
    const x = g.input('x', u8Type([10, 64], quantization(1, 0)));
    g.output(g.node('lif', [g.node('linear', [x, weight]), one, one]));
    const path = join(files.folder, 'events.spikelet');
    writeFileSync(path, pack(g.build()));
    const { activity } = (await captureJson(['profile', path, '--runs', '1'])) as unknown as ActivityDocument;
    const [linear] = activity.operations;
    expect(linear?.acs).toBeGreaterThan(512 * 10 * 0.05);
    expect(linear?.acs).toBeLessThan(512 * 10 * 0.2);
  });
});

test('a model without neurons has no activity', async () => {
  const { activity } = (await captureJson(['eval', files.model, '--data', files.data])) as Record<
    string,
    unknown
  >;
  expect(activity).toBeUndefined();
  const { code, err } = await capture(['profile', files.model, '--activity', join(files.folder, 'none.svg')]);
  expect(code).toBe(1);
  expect(err).toContain('has no neurons');
});

test.each(['int8', '0-bit', '6-bit^0', '33-bit'])('constants of the name %s are refused', async (pair) => {
  const { code, err } = await capture(['eval', spiking, '--data', files.data, '--energy', pair]);
  expect(code).toBe(2);
  expect(err).toContain('--energy must be fp32, int32');
});
