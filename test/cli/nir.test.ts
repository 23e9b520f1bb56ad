import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpack } from '../../src/format/index.js';
import { array, chain, list, type NodeSpec, nirFile } from '../format/nir/nir-file.js';
import { capture, captureJson } from './capture.js';

const lif: NodeSpec = { type: 'LIF', tau: list(0.01), r: list(1), v_leak: list(0), v_threshold: list(1) };
const folder = mkdtempSync(join(tmpdir(), 'spikelet-nir-'));
const graph = join(folder, 'graph.nir');
const target = join(folder, 'graph.spikelet');

beforeAll(async () => {
  const linear: NodeSpec = { type: 'Linear', weight: array([1, 2], [1, 2]) };
  writeFileSync(graph, await nirFile(chain([2], { linear, lif }, [1])));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('spikelet convert graph.nir', () => {
  test('writes a model of as many steps as are asked for', async () => {
    const result = await captureJson(['convert', graph, '-o', target, '--time-step', '1e-3', '--steps', '7']);
    expect(result).toMatchObject({ output: target, provenance: { source: 'NIR 1.0.0' } });
    const model = unpack(readFileSync(target));
    expect(model.inputs[0]?.type).toEqual({ dtype: 'f32', shape: [7, 2] });
    expect(model.nodes.map(({ op }) => op)).toEqual(['linear', 'lif']);
  });

  test('takes the conventions of other simulators', async () => {
    const options = [
      '--steps',
      '2',
      '--time-step',
      '1e-3',
      '--reset',
      'value',
      '--delayed-reset',
      '--input-type',
      'u8',
    ];
    expect(await capture(['convert', graph, '-o', target, ...options])).toMatchObject({ code: 0 });
    const model = unpack(readFileSync(target));
    expect(model.inputs[0]?.type.dtype).toBe('u8');
    expect(model.nodes[1]?.attributes).toMatchObject({ reset: 'value', delayedReset: true });
  });

  test.each([
    ['no steps', [], 'convert it with --steps'],
    ['no time step', ['--steps', '2'], "--time-step: node 'lif' (LIF) has times in seconds"],
    [
      'a step that is too long',
      ['--steps', '2', '--time-step', '1'],
      '--time-step: 1 seconds are longer than tau',
    ],
    ['no number of steps', ['--steps', 'many'], 'convert it with --steps'],
    ['an unknown reset', ['--steps', '2', '--reset', 'none'], "--reset cannot be 'none'"],
    [
      'a shape that does not fit',
      ['--steps', '2', '--time-step', '1e-3', '--input-shape', '3'],
      '--input-shape: [3] does not fit',
    ],
  ])('%s: says what to write', async (_, options, message) => {
    const { code, err } = await capture(['convert', graph, '-o', target, ...options]);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  test('a graph that cannot be imported fails with all its reasons', async () => {
    const bad = join(folder, 'bad.nir');
    writeFileSync(bad, await nirFile(chain([1], { odd: { type: 'Odd', r: list(1) }, lif }, [1])));
    const { code, err } = await capture([
      'convert',
      bad,
      '-o',
      target,
      '--steps',
      '2',
      '--time-step',
      '1e-3',
    ]);
    expect(code).toBe(1);
    expect(err).toContain('odd (Odd): the type is not known');
  });

  test('options of NIR do nothing for other files, and say so', async () => {
    const { code, err } = await capture([
      'convert',
      target,
      '-o',
      join(folder, 'other.spikelet'),
      '--steps',
      '2',
    ]);
    expect(code).toBe(2);
    expect(err).toContain('--steps');
  });
});
