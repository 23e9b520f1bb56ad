import { SpikeletError } from '../error.js';
import type { Graph, Provenance } from '../graph/graph.js';
import { validateGraph } from '../graph/validate.js';
import { restoreConstants, storeConstants } from './constants.js';
import { fileBytes } from './file-bytes.js';
import { readGraph, writeGraph } from './graph-json.js';
import { asObject, asString, type JsonObject, parseJson, rejectModel, shorten } from './json.js';
import { type Container, readSafetensors, writeSafetensors } from './safetensors.js';
import { sha256, sha256Async } from './sha256.js';

const format = 'spikelet';
const version = '1';

/** Names in the table of hashes for the texts of the header; no tensor can have them. */
const graphHash = '__graph__';
const provenanceHash = '__provenance__';

export interface PackOptions {
  /** Where the model comes from; replaces the graph's own. */
  readonly provenance?: Provenance;
  /** How f32 constants are stored; default: as each constant says, else f32. Values beyond f16 stay f32. */
  readonly floatStorage?: 'f32' | 'f16';
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function checkOptions(options: PackOptions): void {
  const known = ['provenance', 'floatStorage'];
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new SpikeletError('invalid-option', `pack has no option '${name}' (known: ${known.join(', ')})`);
    }
  }
  const { floatStorage } = options;
  if (floatStorage !== undefined && floatStorage !== 'f32' && floatStorage !== 'f16') {
    throw new SpikeletError('invalid-option', `floatStorage must be 'f32' or 'f16', got '${floatStorage}'`);
  }
}

function writeProvenance(provenance: Provenance): string {
  const given = Object.entries(provenance).filter(([, text]) => text !== undefined);
  return JSON.stringify(Object.fromEntries(given));
}

/**
 * Writes a model as a `.spikelet` file: a safetensors container with the graph, a SHA-256 of every part and the
 * model's provenance in its metadata. Weights of fewer than 8 bits take just those bits. The same graph gives the
 * same bytes.
 *
 * @example
 * await writeFile('model.spikelet', pack(graph, { provenance: { data: 'CIFAR-10', accuracy: '94.1 %' } }));
 */
export function pack(graph: Graph, options: PackOptions = {}): Uint8Array {
  checkOptions(options);
  const { tensors, descriptions } = storeConstants(graph.constants, options.floatStorage);
  const graphText = writeGraph(graph, descriptions);
  const provenance = options.provenance ?? graph.provenance;
  const provenanceText = provenance && writeProvenance(provenance);
  const hashes = [...tensors].map(([name, { bytes }]) => [name, sha256(bytes)]);
  hashes.push([graphHash, sha256(utf8(graphText))]);
  if (provenanceText !== undefined) hashes.push([provenanceHash, sha256(utf8(provenanceText))]);
  const metadata = new Map([
    ['format', format],
    ['version', version],
    ['graph', graphText],
    ['sha256', JSON.stringify(Object.fromEntries(hashes))],
  ]);
  if (provenanceText !== undefined) metadata.set('provenance', provenanceText);
  return writeSafetensors({ metadata, tensors });
}

/** Bytes of the file that a hash of its table stands for. */
interface HashedPart {
  readonly where: string;
  readonly bytes: Uint8Array;
  readonly expected: string;
}

function metadataText(container: Container, key: string): string {
  return (
    container.metadata.get(key) ??
    rejectModel('__metadata__', `has no '${key}': not a model file of this package (or a damaged one)`)
  );
}

function checkVersion(container: Container): void {
  const found = metadataText(container, 'format');
  if (found !== format) rejectModel('__metadata__', `format is '${shorten(found)}', expected '${format}'`);
  const written = metadataText(container, 'version');
  if (written !== version) {
    const message = `file version '${shorten(written)}' is not '${version}', the only one this package reads: update the package`;
    throw new SpikeletError('unsupported', message, { where: '__metadata__ version' });
  }
}

/** Every part of the file with its hash: tensors without exception, the header's texts where the writer hashed them. */
function hashedParts(container: Container): readonly HashedPart[] {
  const table = asObject(parseJson(metadataText(container, 'sha256'), 'sha256'), 'sha256');
  const parts = new Map([...container.tensors].map(([name, { bytes }]) => [name, bytes]));
  for (const name of parts.keys()) {
    if (!Object.hasOwn(table, name))
      rejectModel(`tensor '${shorten(name)}'`, 'has no SHA-256 in the metadata');
  }
  const texts = [
    [graphHash, 'graph'],
    [provenanceHash, 'provenance'],
  ] as const;
  for (const [name, key] of texts) {
    if (Object.hasOwn(table, name)) parts.set(name, utf8(metadataText(container, key)));
  }
  return Object.entries(table).map(([name, value]) => {
    const where = name.startsWith('__') ? `metadata '${shorten(name)}'` : `tensor '${shorten(name)}'`;
    const bytes = parts.get(name) ?? rejectModel(where, 'has a SHA-256 but is not in the file');
    return { where, bytes, expected: asString(value, `${where} SHA-256`) };
  });
}

function checkHash({ where, expected }: HashedPart, found: string): void {
  if (found !== expected) {
    rejectModel(where, `SHA-256 is ${found}, expected ${shorten(expected)}: the file is damaged`);
  }
}

function readProvenance(container: Container): Provenance | undefined {
  const text = container.metadata.get('provenance');
  if (text === undefined) return undefined;
  const object: JsonObject = asObject(parseJson(text, 'provenance'), 'provenance');
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, asString(value, `provenance '${shorten(name)}'`)]),
  );
}

function readModel(container: Container): Graph {
  const json = parseJson(metadataText(container, 'graph'), 'graph');
  const graph = readGraph(json, (descriptions) => restoreConstants(descriptions, container.tensors));
  const provenance = readProvenance(container);
  validateGraph(graph);
  return provenance ? { ...graph, provenance } : graph;
}

function open(bytes: Uint8Array): Container {
  const container = readSafetensors(fileBytes(bytes));
  checkVersion(container);
  return container;
}

/**
 * Reads a `.spikelet` file. Hashes, structure, shapes and types are checked before anything is used. Constants are
 * views of `bytes` where they can be (it must not change afterwards).
 *
 * Throws `invalid-model` for a damaged or hostile file and `unsupported` for a newer one; the message has the
 * tensor, node or byte offset at fault.
 *
 * @example
 * const graph = unpack(await readFile('model.spikelet'));
 */
export function unpack(bytes: Uint8Array): Graph {
  const container = open(bytes);
  for (const part of hashedParts(container)) checkHash(part, sha256(part.bytes));
  return readModel(container);
}

/** {@link unpack} with the hashes computed by `crypto.subtle` where there is one. */
export async function unpackAsync(bytes: Uint8Array): Promise<Graph> {
  const container = open(bytes);
  for (const part of hashedParts(container)) checkHash(part, await sha256Async(part.bytes));
  return readModel(container);
}
