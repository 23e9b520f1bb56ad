import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { pack } from '../../src/format/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { floatModel, integerModel, sparseModel } from './models.js';

const script = fileURLToPath(new URL('./read_model.py', import.meta.url));
const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['--version']).status === 0);

function readInPython(graph: Graph): Record<string, unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-python-'));
  try {
    const path = join(folder, 'model.spikelet');
    writeFileSync(path, pack(graph));
    const { status, stdout, stderr } = spawnSync(python ?? '', [script, path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function constantsOf(graph: Graph): Record<string, readonly number[]> {
  const entries = [...graph.constants].flatMap(([name, { data, quantization }]) => {
    const values: (readonly [string, readonly number[]])[] = [[name, [...data]]];
    if (quantization) values.push([`scales of ${name}`, [...quantization.scales]]);
    return values;
  });
  return Object.fromEntries(entries);
}

describe.skipIf(python === undefined)(
  'Python, by the rules of safetensors (skipped where it is absent)',
  () => {
    test.each([
      2, 3, 4, 5, 6, 7, 8,
    ] as const)('reads a model with %i-bit weights: tensors, hashes, graph', (bits) => {
      const graph = integerModel(bits);
      const found = readInPython(graph);
      expect(found).toMatchObject({ format: 'spikelet', version: '1', provenance: null });
      expect(found.constants).toEqual(constantsOf(graph));
      expect(found.graph).toMatchObject({
        name: graph.name,
        inputs: [{ name: 'image', dtype: 'u8', shape: [1, 3, 6, 5] }],
        outputs: [{ name: 'sum' }],
        nodes: graph.nodes.map(({ op, name, inputs, outputs }) => ({ op, name, inputs, outputs })),
      });
    });

    test.each([
      [2, 0.1],
      [3, 0.45],
      [4, 0.3],
      [8, 0.01],
    ] as const)('reads sparse weights of %i bits at density %d', (bits, density) => {
      const graph = sparseModel(bits, density, 1, 40);
      const found = readInPython(graph);
      expect(JSON.stringify(found.graph)).toContain('sparsity');
      expect(found.constants).toEqual(constantsOf(graph));
    });

    test('reads a float model and its provenance', () => {
      const found = readInPython(floatModel());
      expect(found.provenance).toEqual(floatModel().provenance);
      expect(found.constants).toEqual(constantsOf(floatModel()));
    });

    test('reads floats stored as f16', () => {
      const weight = {
        dtype: 'f32',
        shape: [2, 3],
        data: Float32Array.of(1, -2, 0.5, 65504, 2 ** -24, 0),
        storage: 'f16',
      } as const;
      const graph = { ...floatModel(), constants: new Map(floatModel().constants).set('w', weight) };
      expect(readInPython(graph).constants).toEqual(constantsOf(graph));
    });
  },
);
