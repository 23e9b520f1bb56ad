import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fromOnnx } from '../../../src/format/onnx/index.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import { Source } from './cases.js';
import { expectSameAsOnnxruntime, runOnnxruntime } from './onnxruntime.js';
import { integerOperations } from './quantized-cases.js';

const script = fileURLToPath(new URL('./export_torch.py', import.meta.url));

/** Exit status of the script where Python has no torch. */
const noTorch = 3;

/** Files that PyTorch exports now, by name; undefined where there is no Python with torch. */
function exported(): ReadonlyMap<string, Uint8Array> | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-torch-'));
  try {
    for (const python of ['/usr/bin/python3', 'python3']) {
      const { status, stderr } = spawnSync(python, [script, folder, 'resnet18'], { encoding: 'utf8' });
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

function fileOf(name: string): Uint8Array {
  const file = files?.get(name);
  if (!file) throw new Error(`PyTorch did not export ${name}`);
  return file;
}

const countOf = (graph: Graph, op: string): number => graph.nodes.filter((node) => node.op === op).length;

/** Largest difference between two lists of numbers. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);

describe.skipIf(files === undefined)(
  'ResNet-18 exported by PyTorch (skipped where Python has no torch)',
  () => {
    test.each(['11', '13', '16'])('in f32, opset %s, sizes open', async (opset) => {
      const file = fileOf(`f32-${opset}.onnx`);
      const shape = [1, 3, 64, 64];
      const inputs = { image: new Source(1).f32(shape, -2, 2) };
      const graph = await expectSameAsOnnxruntime(
        file,
        inputs,
        { relative: 1e-4 },
        { shapes: { image: shape } },
      );
      expect(countOf(graph, 'conv')).toBe(20);
    });

    test('with fake quantization: integers from first convolution to logits, at most one step apart', async () => {
      const file = fileOf('qdq-13.onnx');
      const graph = fromOnnx(file);
      const integers = integerOperations(graph);
      expect(integers.filter((op) => op === 'conv')).toHaveLength(20);
      expect(integers.filter((op) => op === 'add')).toHaveLength(8);
      expect(integers).toContain('linear');
      expect(countOf(graph, 'dequantize')).toBe(1);
      const step = graph.nodes.at(-2)?.quantization?.scale ?? 0;
      for (let seed = 0; seed < 3; seed++) {
        const inputs = { image: new Source(seed).f32([1, 3, 64, 64], -2, 2) };
        const expected = (await runOnnxruntime(file, inputs)).get('logits');
        const found = interpret(graph, inputs).logits;
        expect(found?.shape).toEqual(expected?.shape);
        expect(difference(expected?.data ?? [], found?.data ?? [])).toBeLessThanOrEqual(step * 1.001);
      }
    });
  },
);

const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`./fixtures/${name}.onnx`, import.meta.url));

describe('small exports of PyTorch 1.13 kept as files', () => {
  test('f32 of opset 11 with open sizes', async () => {
    for (const shape of [
      [1, 3, 16, 16],
      [2, 3, 24, 16],
    ]) {
      const inputs = { image: new Source(3).f32(shape, -2, 2) };
      const options = { shapes: { image: shape } };
      const graph = await expectSameAsOnnxruntime(
        fixture('torch-f32-dynamic'),
        inputs,
        { relative: 1e-5 },
        options,
      );
      expect(countOf(graph, 'conv')).toBe(3);
    }
  });

  test('fake quantization of opset 13, some of it in f32: logits at most one step apart before softmax', async () => {
    const file = fixture('torch-qdq');
    const step = fromOnnx(file).nodes.findLast(({ op }) => op === 'quantize')?.quantization?.scale ?? 0;
    const inputs = { image: new Source(4).f32([1, 3, 16, 16], -2, 2) };
    const graph = await expectSameAsOnnxruntime(file, inputs, { absolute: step / 2 });
    expect(integerOperations(graph).filter((op) => op === 'conv')).toHaveLength(3);
    expect(integerOperations(graph)).toContain('sigmoid');
    expect(graph.nodes.map(({ op }) => op)).toEqual(
      expect.arrayContaining(['concat', 'averagePool', 'resize', 'softmax']),
    );
  });
});
