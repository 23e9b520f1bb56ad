export { SpikeletError } from '../error.js';
export type { Graph, Provenance } from '../graph/graph.js';
export { type PackOptions, pack, unpack, unpackAsync } from './spikelet.js';
