import { kernels } from '../../src/compile/kernels/table.js';
import type { MemoryBlock, Plan, Step } from '../../src/compile/plan.js';
import type { Kernels } from '../../src/engine/kernels/choose.js';
import { embeddedKernels } from '../../src/engine/kernels/embedded.js';
import { compileKernels } from '../../src/engine/kernels/source.js';
import type { LocalModel } from '../../src/engine/local-model.js';
import { type StartOptions, startPlan } from '../../src/engine/start.js';
import type { DataType } from '../../src/graph/tensor.js';

const parametersAt = 1024;
/** Bytes of one parameter block: the most that either kernel has. */
const blockBytes = 96;

export interface ChainShape {
  readonly elements?: number;
  readonly steps?: number;
  readonly dtype?: Extract<DataType, 'f32' | 'u8'>;
}

const successors = Uint8Array.from({ length: 256 }, (_, i) => (i + 1) & 255);
const ones = new Uint8Array(new Float32Array(64).fill(1).buffer);

/** Parameters of `f32_add` for output = input + 1. */
function onePlus(input: number, oneAt: number, elements: number): Readonly<Record<string, number>> {
  return {
    ...{ a: input, b: oneAt, output: input },
    ...{ size0: 1, size1: 1, size2: 1, size3: 1, size4: elements },
    ...{ aStride0: 0, aStride1: 0, aStride2: 0, aStride3: 0, aStride4: 1 },
    ...{ bStride0: 0, bStride1: 0, bStride2: 0, bStride3: 0, bStride4: 0 },
    ...{ minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY },
  };
}

/** A plan written by hand: `steps` layers in a row, each y = x + 1 in f32 or by table in u8, in one buffer. */
export function chainPlan({ elements = 3000, steps = 4, dtype = 'f32' }: ChainShape = {}): Plan {
  const size = dtype === 'f32' ? 4 : 1;
  const dataAt = parametersAt + blockBytes * steps;
  const input = dataAt + 256;
  const bytes = Math.ceil((elements * size) / 16) * 16;
  const block = (
    name: string,
    region: MemoryBlock['region'],
    address: number,
    length: number,
  ): MemoryBlock => ({
    name,
    region,
    address,
    bytes: length,
    lifetime: [0, steps - 1],
  });
  const table = dtype === 'f32' ? ones : successors;
  const own =
    dtype === 'f32' ? onePlus(input, dataAt, elements) : { input, output: input, elements, table: dataAt };
  const list = Array.from(
    { length: steps },
    (_, layer): Step => ({
      layer,
      kernel: dtype === 'f32' ? 'f32_add' : 'u8_lookup',
      parameterBlock: parametersAt + blockBytes * layer,
      parameters: own,
      units: Math.ceil(elements / 1024),
    }),
  );
  const type = { dtype, shape: [elements] };
  return {
    name: 'chain',
    target: { variant: 'simd', dot: 'i16' },
    kernels,
    families: [],
    steps: list,
    layers: list.map((_, i) => ({
      name: `layer ${i}`,
      op: 'clip',
      fused: [],
      outputShape: [elements],
      macs: elements,
      weightBits: 0,
      constantBytes: 0,
    })),
    inputs: [{ description: { name: 'x', type }, type, address: input }],
    outputs: [{ description: { name: 'y' }, type, address: input }],
    memoryBytes: input + bytes + 16,
    state: [],
    counters: [],
    blocks: [
      block('control', 'control', 0, 1024),
      block('parameters', 'parameters', parametersAt, blockBytes * steps),
      block('table', 'constants', dataAt, 256),
      block('x', 'arena', input, bytes),
    ],
    constants: [{ address: dataAt, bytes: table.length, contents: { kind: 'bytes', bytes: table } }],
    packings: [],
  };
}

/** The `simd` kernels, for plans of this file. */
export async function simdKernels(threads = 1): Promise<Kernels> {
  const bytes = await embeddedKernels(threads > 1 ? 'simd-shared' : 'simd');
  return {
    target: { variant: 'simd', dot: 'i16' },
    modules: [await compileKernels(bytes)],
    threads: { requested: threads, used: threads },
    rejected: [],
  };
}

export async function openChain(
  shape: ChainShape = {},
  threads = 1,
  options: StartOptions = {},
): Promise<LocalModel> {
  return startPlan(chainPlan(shape), await simdKernels(threads), options);
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`resolved with ${String(value)}`);
    },
    (error: unknown) => error,
  );
}

/** Code and message of the error that a promise rejects with, be it from src/ or from dist/. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise);
  if (!(error instanceof Error && error.name === 'SpikeletError' && 'code' in error)) throw error;
  return `${error.code} ${error.message}`;
}
