import { SpikeletError } from '../error.js';
import type { Graph, Provenance } from '../graph/graph.js';
import { hexOf } from './digest.js';
import { writeGraph } from './graph-json.js';
import {
  checkHash,
  format,
  graphHash,
  hashedParts,
  openContainer,
  provenanceHash,
  readModel,
  utf8,
  version,
} from './read.js';
import { writeSafetensors } from './safetensors.js';
import { sha256 } from './sha256.js';
import * as sparse from './sparse-weights.js';
import { storeConstants } from './store-constants.js';

export interface PackOptions {
  /** Where the model comes from; replaces the graph's own. */
  readonly provenance?: Provenance;
  /** How f32 constants are stored; default: as each constant says, else f32. Values beyond f16 stay f32. */
  readonly floatStorage?: 'f32' | 'f16';
}

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
 * model's provenance in its metadata. Weights take just their bits, or less where many are zero. The same graph gives the
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
  const hashes = [...tensors].map(([name, { bytes }]) => [name, hexOf(sha256(bytes))]);
  hashes.push([graphHash, hexOf(sha256(utf8(graphText)))]);
  if (provenanceText !== undefined) hashes.push([provenanceHash, hexOf(sha256(utf8(provenanceText)))]);
  const metadata = new Map([
    ['format', format],
    ['version', version],
    ['graph', graphText],
    ['sha256', JSON.stringify(Object.fromEntries(hashes))],
  ]);
  if (provenanceText !== undefined) metadata.set('provenance', provenanceText);
  return writeSafetensors({ metadata, tensors });
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
  const container = openContainer(bytes);
  for (const part of hashedParts(container)) checkHash(part, hexOf(sha256(part.bytes)));
  return readModel(container, sparse);
}
