import * as ort from 'onnxruntime-web';
import { expect } from 'vitest';
import { fromOnnx, type OnnxOptions } from '../../../src/format/onnx/index.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import type { Tensor } from '../../../src/graph/tensor.js';
import { encodeOnnx, type ModelSpec } from './onnx-writer.js';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export type Inputs = Readonly<Record<string, Tensor>>;

/** What onnxruntime-web computes, by output name. Optimizations off where the plain meaning of operators is wanted. */
export async function runOnnxruntime(
  file: Uint8Array,
  inputs: Inputs,
  optimization: 'disabled' | 'all' = 'disabled',
): Promise<ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>> {
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: optimization,
  });
  try {
    const whole = new Set(
      session.inputMetadata.flatMap((port) => (port.isTensor && port.type === 'int64' ? [port.name] : [])),
    );
    const feeds = Object.entries(inputs).map(([name, { dtype, shape, data }]) => {
      if (whole.has(name)) {
        return [name, new ort.Tensor('int64', BigInt64Array.from(Array.from(data, BigInt)), shape)] as const;
      }
      const tensor =
        dtype === 'f32'
          ? new ort.Tensor('float32', Float32Array.from(data), shape)
          : new ort.Tensor('uint8', Uint8Array.from(data), shape);
      return [name, tensor] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    return new Map(
      Object.entries(results).map(([name, tensor]) => {
        const data = Array.from(tensor.data as ArrayLike<number>, Number);
        return [name, { shape: tensor.dims, data }];
      }),
    );
  } finally {
    await session.release();
  }
}

export interface Tolerance {
  /** Difference allowed relative to the largest output. */
  readonly relative?: number;
  /** Difference allowed in itself, such as one quantization step. */
  readonly absolute?: number;
}

/** Imports the model, runs it through the references and compares every output with onnxruntime's. */
export async function expectSameAsOnnxruntime(
  model: ModelSpec | Uint8Array,
  inputs: Inputs,
  { relative = 0, absolute = 0 }: Tolerance,
  options: OnnxOptions = {},
): Promise<Graph> {
  const file = model instanceof Uint8Array ? model : encodeOnnx(model);
  const graph = fromOnnx(file, options);
  const expected = await runOnnxruntime(file, inputs);
  const found = interpret(graph, inputs);
  expect(Object.keys(found).sort()).toEqual([...expected.keys()].sort());
  for (const [name, { shape, data }] of expected) {
    const output = found[name];
    expect(output?.shape, `shape of ${name}`).toEqual(shape);
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const allowed = absolute + relative * largest;
    data.forEach((value, i) => {
      const difference = Math.abs((output?.data[i] ?? Number.NaN) - value);
      if (!(difference <= allowed)) {
        throw new Error(`${name}[${i}] is ${output?.data[i]}, onnxruntime has ${value} (allowed ${allowed})`);
      }
    });
  }
  return graph;
}
