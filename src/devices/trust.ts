import { SpikeletError } from '../error.js';
import { digest, hexOf } from '../format/digest.js';
import { asArray, asObject, asString, field, parseJson, rejectModel, shorten } from '../format/json.js';
import { pack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';

const lengthBytes = 8;

/** Bytes of a model's header beyond this are refused. */
export const greatestHeader = 2 ** 25;

/** What a model file says of itself before its weights. */
interface Manifest {
  /** Nodes as JSON, in order. */
  readonly nodes: readonly string[];
  /** Descriptions of the constants as JSON. */
  readonly constants: ReadonlyMap<string, string>;
  /** SHA-256 of the stored tensors. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** The first bytes of a model file, up to its weights: with the SHA-256 of each tensor they stand for all of it. */
export function headerOf(file: Uint8Array): Uint8Array {
  const where = 'header';
  if (file.length < lengthBytes) rejectModel(where, `the file has ${file.length} bytes`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = lengthBytes + view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || end > greatestHeader || end > file.length) {
    rejectModel(where, 'is longer than the file, or than a header may be');
  }
  return file.subarray(0, end);
}

/** What a header says. Throws `invalid-model`. */
function readManifest(header: Uint8Array): Manifest {
  const text = new TextDecoder().decode(header.subarray(lengthBytes));
  const metadata = asObject(
    field(asObject(parseJson(text, 'header'), 'header'), '__metadata__'),
    '__metadata__',
  );
  const json = (key: string): unknown => parseJson(asString(field(metadata, key), key), key);
  const graph = asObject(json('graph'), 'graph');
  const texts = (value: unknown, where: string): ReadonlyMap<string, string> =>
    new Map(Object.entries(asObject(value, where)).map(([name, entry]) => [name, JSON.stringify(entry)]));
  return {
    nodes: asArray(field(graph, 'nodes'), 'graph nodes').map((node) => JSON.stringify(node)),
    constants: texts(field(graph, 'constants'), 'graph constants'),
    hashes: texts(json('sha256'), 'sha256'),
  };
}

/**
 * What a model is known by: the SHA-256 of its packed header, which has that of every tensor in it. Devices are started
 * with the identities of the models that they trust.
 *
 * @example
 * console.log(await modelIdentity(unpack(await readFile('model.spikelet'))));
 */
export const modelIdentity = (graph: Graph): Promise<string> => identityOf(headerOf(pack(graph)));

export const identityOf = async (header: Uint8Array): Promise<string> => hexOf(await digest(header));

/** Identities that a device trusts; 'any' trusts whoever may use the server. */
export type Trust = readonly string[] | 'any';

export const isIdentity = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);

/** Throws `unsupported` for a model that is not trusted. */
export function checkTrusted(identity: string, trust: Trust): void {
  if (trust === 'any' || trust.includes(identity)) return;
  const message = `is not a model that this device trusts: start it with the identity ${identity} to let it run`;
  throw new SpikeletError('unsupported', message, { where: 'model' });
}

/** The node at which the stage begins in the model, or -1. */
function positionOf(stage: readonly string[], model: readonly string[]): number {
  const fits = (at: number): boolean => stage.every((node, i) => model[at + i] === node);
  return model.findIndex((_, at) => fits(at));
}

/**
 * Throws `invalid-model` for a stage's file that is not a part of the model: other nodes than a run of the model's, a
 * constant that is described otherwise, or a tensor whose bytes are others. The bytes are compared with the hashes of
 * the stage's own file when it is loaded.
 */
export function checkPart(stageFile: Uint8Array, modelHeader: Uint8Array): void {
  const stage = readManifest(headerOf(stageFile));
  const model = readManifest(headerOf(modelHeader));
  if (stage.nodes.length === 0 || positionOf(stage.nodes, model.nodes) < 0) {
    rejectModel('stage', 'its nodes are not a run of those of the model');
  }
  for (const [name, description] of stage.constants) {
    if (model.constants.get(name) === description) continue;
    rejectModel('stage', `constant '${shorten(name)}' is not that of the model`);
  }
  for (const [name, hash] of stage.hashes) {
    if (name.startsWith('__') || model.hashes.get(name) === hash) continue;
    rejectModel('stage', `tensor '${shorten(name)}' is not that of the model`);
  }
}
