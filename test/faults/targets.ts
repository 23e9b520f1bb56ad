import { SpikeletError } from '../../src/error.js';
import { hexOf } from '../../src/format/digest.js';
import { pack, unpack } from '../../src/format/index.js';
import { fromOnnx } from '../../src/format/onnx/index.js';
import { readSafetensors, writeSafetensors } from '../../src/format/safetensors.js';
import { sha256 } from '../../src/format/sha256.js';
import type { Graph } from '../../src/graph/graph.js';
import type { LoadOptions, Model } from '../../src/index.js';
import { floatModel, integerModel, sparseModel, spikingModel } from '../format/models.js';
import { encodeOnnx, type ModelSpec } from '../format/onnx/onnx-writer.js';
import type { Source } from '../format/source.js';
import { damageBytes, editJson, type Json, stringsOf } from './mutate.js';
import { onnxModels } from './onnx-corpus.js';

/** Something that reads files nobody vouches for: damaged files in, a result or a SpikeletError out. */
export interface Target {
  readonly name: string;
  /** A damaged file; the same for the same numbers of the source. */
  readonly damage: (source: Source) => Uint8Array;
  readonly read: (file: Uint8Array) => unknown;
}

const graphs: readonly Graph[] = [
  ...([2, 3, 4, 8] as const).map((bits) => integerModel(bits)),
  floatModel(),
  floatModel(3, 'f16'),
  sparseModel(2, 0.02),
  sparseModel(4, 0.3),
  sparseModel(8, 0.01),
  spikingModel(),
];
const packed = graphs.map((graph) => pack(graph));

const pickFrom = <T>(source: Source, list: readonly T[]): T => {
  const item = list[source.integer(0, list.length - 1)];
  if (item === undefined) throw new Error('the corpus is empty');
  return item;
};

const textOf = (value: Json): string => JSON.stringify(value);
const hashOf = (text: string): string => hexOf(sha256(new TextEncoder().encode(text)));

/** A model file whose graph or provenance was edited, with hashes that are right again. */
function editedModel(source: Source): Uint8Array {
  const { tensors, metadata } = readSafetensors(pickFrom(source, packed));
  const graph: Json = JSON.parse(metadata.get('graph') ?? '{}');
  let edited = graph;
  for (let i = source.pick(1, 1, 2, 3); i > 0; i--) edited = editJson(source, edited, stringsOf(graph));
  const hashes: Record<string, string> = JSON.parse(metadata.get('sha256') ?? '{}');
  const text = textOf(edited);
  const sums = { ...hashes, __graph__: hashOf(text) };
  return writeSafetensors({
    tensors,
    metadata: new Map([...metadata, ['graph', text], ['sha256', JSON.stringify(sums)]]),
  });
}

/** A model file whose outer header was edited: offsets, shapes, types, names. */
function editedHeader(source: Source): Uint8Array {
  const file = pickFrom(source, packed);
  const length = new DataView(file.buffer).getUint32(0, true);
  const header: Json = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const text = new TextEncoder().encode(textOf(editJson(source, header, stringsOf(header).slice(0, 20))));
  const damaged = new Uint8Array(8 + text.length + file.length - 8 - length);
  new DataView(damaged.buffer).setUint32(0, text.length, true);
  damaged.set(text, 8);
  damaged.set(file.subarray(8 + length), 8 + text.length);
  return damaged;
}

function damagedModel(source: Source): Uint8Array {
  switch (source.integer(0, 3)) {
    case 0:
      return editedHeader(source);
    case 1:
      return damageBytes(source, pickFrom(source, packed), pickFrom(source, packed));
    default:
      return editedModel(source);
  }
}

const encodedOnnx = onnxModels.map((model) => encodeOnnx(model));

/** The ONNX file of an edited description, where the description still is one. */
function editedOnnx(source: Source): Uint8Array | undefined {
  const model: Json = JSON.parse(JSON.stringify(pickFrom(source, onnxModels)));
  let edited = model;
  for (let i = source.pick(1, 1, 2, 3); i > 0; i--) edited = editJson(source, edited, stringsOf(model));
  try {
    return encodeOnnx(JSON.parse(JSON.stringify(edited)) as ModelSpec);
  } catch {
    return undefined;
  }
}

function damagedOnnx(source: Source): Uint8Array {
  const edited = source.integer(0, 2) > 0 ? editedOnnx(source) : undefined;
  return edited ?? damageBytes(source, pickFrom(source, encodedOnnx), pickFrom(source, encodedOnnx));
}

export const unpackTarget: Target = { name: 'unpack', damage: damagedModel, read: unpack };

export const onnxTarget: Target = { name: 'fromOnnx', damage: damagedOnnx, read: (file) => fromOnnx(file) };

/** Elements that all inputs of a model may have for the model to be run. */
const greatestInput = 10_000;

async function loadAndRun(load: Loader, file: Uint8Array): Promise<void> {
  const model = await load(file, { memoryLimit: 2 ** 26 });
  try {
    const sizes = model.inputs.map(({ shape }) => shape.reduce((n, d) => n * d, 1));
    if (sizes.reduce((a, b) => a + b, 0) > greatestInput) return;
    await model.run(
      Object.fromEntries(model.inputs.map(({ name }, i) => [name, new Array<number>(sizes[i] ?? 0).fill(0)])),
    );
  } finally {
    model.close();
  }
}

export type Loader = (source: Uint8Array, options: LoadOptions) => Promise<Model>;

export const loadTarget = (load: Loader): Target => ({
  name: 'load',
  damage: damagedModel,
  read: (file) => loadAndRun(load, file),
});

/** Codes that a damaged file may be refused with. */
const expectedCodes = new Set(['invalid-model', 'unsupported', 'invalid-input', 'out-of-memory']);

/** Whether an error is one that a damaged file may cause. */
export const isRefusal = (error: unknown): error is SpikeletError =>
  error instanceof SpikeletError && expectedCodes.has(error.code);
