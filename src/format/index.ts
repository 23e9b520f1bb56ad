export { SpikeletError } from '../error.js';
export type { Graph, Provenance } from '../graph/graph.js';
export { unpackAsync } from './read.js';
export { type PackOptions, pack, unpack } from './spikelet.js';
