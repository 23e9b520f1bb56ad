import { SpikeletError } from '../error.js';
import type { Graph, Provenance } from '../graph/graph.js';
import { validateGraph } from '../graph/validate.js';
import { digest, hexOf } from './digest.js';
import { fileBytes } from './file-bytes.js';
import { readGraph } from './graph-json.js';
import { asObject, asString, type JsonObject, parseJson, rejectModel, shorten } from './json.js';
import { restoreConstants, type SparseWeights } from './restore-constants.js';
import { type Container, readSafetensors } from './safetensors.js';

export const format = 'spikelet';
export const version = '1';

/** Names in the table of hashes for the texts of the header; no tensor can have them. */
export const graphHash = '__graph__';
export const provenanceHash = '__provenance__';

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Bytes of the file that a hash of its table stands for. */
export interface HashedPart {
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
export function hashedParts(container: Container): readonly HashedPart[] {
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

export function checkHash({ where, expected }: HashedPart, found: string): void {
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

export function readModel(container: Container, sparse: SparseWeights | undefined): Graph {
  const json = parseJson(metadataText(container, 'graph'), 'graph');
  const graph = readGraph(json, (descriptions) => restoreConstants(descriptions, container.tensors, sparse));
  const provenance = readProvenance(container);
  validateGraph(graph);
  return provenance ? { ...graph, provenance } : graph;
}

export function openContainer(bytes: Uint8Array): Container {
  const container = readSafetensors(fileBytes(bytes));
  checkVersion(container);
  return container;
}

/** `unpack` with the hashes computed by what the platform has for it. */
export async function unpackAsync(bytes: Uint8Array): Promise<Graph> {
  const container = openContainer(bytes);
  for (const part of hashedParts(container)) checkHash(part, hexOf(await digest(part.bytes)));
  const isSparse = metadataText(container, 'graph').includes('"sparsity"');
  return readModel(container, isSparse ? await import('./sparse-weights.js') : undefined);
}
