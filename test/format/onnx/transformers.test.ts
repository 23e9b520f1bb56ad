import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fold } from '../../../src/compress/index.js';
import { f32Tensor } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import { Source } from './cases.js';
import { expectSameAsOnnxruntime, type Inputs } from './onnxruntime.js';

const script = fileURLToPath(new URL('./export_transformers.py', import.meta.url));

/** Exit status of the script where Python has no torch. */
const noTorch = 3;

/** Files that PyTorch exports now, by name; undefined where there is no Python with torch. */
function exported(): ReadonlyMap<string, Uint8Array> | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-transformers-'));
  try {
    for (const python of ['/usr/bin/python3', 'python3']) {
      const { status, stderr } = spawnSync(python, [script, folder], { encoding: 'utf8' });
      if (status === null || status === noTorch) continue;
      if (status !== 0) throw new Error(stderr);
      return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const files = exported();

const operations = (graph: Graph): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
};

/** The folded graph, whose results are those of onnxruntime too. */
async function foldedImport(name: string, inputs: Inputs): Promise<Graph> {
  const file = files?.get(name);
  if (!file) throw new Error(`PyTorch did not export ${name}`);
  const shapes = Object.fromEntries(Object.entries(inputs).map(([key, { shape }]) => [key, shape]));
  const graph = await expectSameAsOnnxruntime(file, inputs, { relative: 1e-5 }, { shapes });
  const folded = fold(graph);
  const [expected, actual] = [interpret(graph, inputs).y, interpret(folded, inputs).y];
  const largest = Math.max(...Array.from(expected?.data ?? [], Math.abs));
  expected?.data.forEach((value, i) => {
    expect(Math.abs((actual?.data[i] ?? Number.NaN) - value)).toBeLessThan(1e-4 * largest);
  });
  return folded;
}

describe.skipIf(files === undefined)(
  'transformers exported by PyTorch (skipped where Python has no torch)',
  () => {
    test.each(['13', '14', '17'])('a vision transformer, opset %s', async (opset) => {
      const folded = await foldedImport(`vit-${opset}.onnx`, { x: new Source(1).f32([1, 3, 12, 12], -1, 1) });
      expect(operations(folded)).toEqual({
        ...{ conv: 1, reshape: 2, transpose: 1, concat: 1, slice: 1 },
        ...{ add: 5, layerNorm: 5, linear: 13, attention: 2, gelu: 2 },
      });
    });

    test('attention whose queries, keys and values come from one layer, sizes open', async () => {
      const folded = await foldedImport('side-by-side-13.onnx', { x: new Source(2).f32([2, 7, 24], -1, 1) });
      expect(operations(folded)).toEqual({ linear: 4, attention: 1 });
    });

    test("PyTorch's own encoder layer", async () => {
      const folded = await foldedImport('encoder-14.onnx', { x: new Source(3).f32([1, 7, 24], -1, 1) });
      expect(operations(folded)).toMatchObject({ attention: 1, layerNorm: 2, gelu: 1 });
    });

    test("BERT's encoder: integers for tokens, a mask, sizes open", async () => {
      const shape = [1, 9];
      const inputs = {
        tokens: f32Tensor(shape, [3, 14, 15, 9, 26, 5, 35, 8, 49]),
        kinds: f32Tensor(shape, [0, 0, 0, 0, 0, 1, 1, 1, 1]),
        mask: f32Tensor(shape, [1, 1, 1, 1, 1, 1, 1, 0, 0]),
      };
      const folded = await foldedImport('bert-13.onnx', inputs);
      expect(operations(folded)).toMatchObject({
        gather: 2,
        attention: 2,
        layerNorm: 5,
        gelu: 2,
        linear: 13,
      });
    });
  },
);
