import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { inferTypes } from '../../src/graph/types.js';
import { randomImage } from '../../tools/bench/image.js';
import { type Arithmetic, type NetworkName, networks } from '../../tools/bench/networks/index.js';
import { optimisedOperators } from '../../tools/bench/process/operators.js';
import { toOnnx } from '../../tools/onnx/index.js';

const root = process.cwd();
let folder = '';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  folder = mkdtempSync(join(tmpdir(), 'spikelet-onnx-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

async function runOnnxruntime(graph: Graph, image: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(toOnnx(graph), { executionProviders: ['wasm'] });
  const outputs = await session.run({ image: new ort.Tensor('float32', image, [1, 3, 32, 32]) });
  await session.release();
  const [scores] = Object.values(outputs);
  if (!(scores?.data instanceof Float32Array)) throw new Error('no f32 scores');
  return scores.data;
}

async function runReference(graph: Graph, image: Float32Array): Promise<Float32Array> {
  const outputs = await interpret(graph, { image: { dtype: 'f32', shape: [1, 3, 32, 32], data: image } });
  const [scores] = Object.values(outputs);
  if (!(scores?.data instanceof Float32Array)) throw new Error('no f32 scores');
  return scores.data;
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));

const largest = (values: Float32Array): number => Math.max(...values.map(Math.abs));

function scoreStep(graph: Graph): number {
  const last = graph.nodes.at(-1);
  return inferTypes(graph).get(last?.inputs[0] ?? '')?.quantization?.scale ?? Number.NaN;
}

const small = 1 / 8;
const names: readonly NetworkName[] = ['resnet18', 'vgg16'];

describe.each(names)('%s written as ONNX', (name) => {
  it('gives the scores of the reference interpreter in f32', async () => {
    const graph = networks[name]({ arithmetic: 'f32', width: small });
    const image = randomImage(3);
    const expected = await runReference(graph, image);
    const scores = await runOnnxruntime(graph, image);
    expect(largest(expected)).toBeGreaterThan(0.1);
    expect(largestDifference(scores, expected) / largest(expected)).toBeLessThan(1e-4);
  });

  it.each([
    8, 4, 2,
  ] satisfies Arithmetic[])('gives the scores of the reference interpreter with %i-bit weights, at most one step away', async (arithmetic) => {
    const graph = networks[name]({ arithmetic, width: small });
    const image = randomImage(4);
    const expected = await runReference(graph, image);
    const scores = await runOnnxruntime(graph, image);
    expect(new Set(expected).size).toBeGreaterThan(3);
    expect(Math.round(largestDifference(scores, expected) / scoreStep(graph))).toBeLessThanOrEqual(1);
  });

  it('is computed in integers by onnxruntime-web', async () => {
    const graph = networks[name]({ arithmetic: 8, width: small });
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, toOnnx(graph));
    const operators = await optimisedOperators(root, file);
    const count = (op: string): number => graph.nodes.filter((node) => node.op === op).length;
    expect(operators).toMatchObject({
      QLinearConv: count('conv'),
      QuantizeLinear: 1,
      DequantizeLinear: 1,
      QGemm: 1,
    });
    expect(operators.QLinearAdd ?? 0).toBe(count('add'));
    for (const real of ['Conv', 'FusedConv', 'Add', 'Relu', 'Gemm', 'MaxPool', 'GlobalAveragePool']) {
      expect(operators[real]).toBeUndefined();
    }
  });
});
