import { knownNames } from '../../graph/closest.js';
import { rejectModel, shorten } from '../json.js';
import { Fields } from './fields.js';
import type { Hdf5Group } from './hdf5.js';

/** A node of a file, of any type but a graph. */
export interface NirNode {
  /** Unique; of a node in a nested graph: `outer/inner`. */
  readonly name: string;
  readonly type: string;
  readonly fields: Fields;
}

export type Edge = readonly [from: string, to: string];

/** Type of the inputs and outputs of nested graphs, which pass on what they get. */
export const jointType = 'joint';

/** All nodes of a file, those of nested graphs among them: graphs within graphs are dissolved. */
export interface NirGraph {
  readonly nodes: ReadonlyMap<string, NirNode>;
  readonly edges: readonly Edge[];
  readonly version: string;
}

const greatestDepth = 16;
const greatestNodes = 2 ** 14;
const greatestEdges = 2 ** 17;

interface Collected {
  readonly nodes: Map<string, NirNode>;
  readonly edges: Edge[];
}

/** Where edges of the graph around enter and leave a node. */
interface Ends {
  readonly input: string;
  readonly output: string;
}

const one = (texts: readonly string[] | undefined): string | undefined =>
  texts?.length === 1 ? texts[0] : undefined;

function typeOf(group: Hdf5Group, where: string): string {
  return one(group.texts('type')) ?? rejectModel(where, "has no 'type'");
}

function readEdges(group: Hdf5Group, where: string): readonly Edge[] {
  const texts = group.names.includes('edges') ? group.texts('edges') : undefined;
  if (!texts) rejectModel(`${where}edges`, 'are missing: expected pairs of node names');
  if (texts.length % 2 !== 0 || texts.length > 2 * greatestEdges) {
    rejectModel(
      `${where}edges`,
      `must be at most ${greatestEdges} pairs of node names, got ${texts.length} names`,
    );
  }
  return Array.from({ length: texts.length / 2 }, (_, i) => [texts[2 * i] ?? '', texts[2 * i + 1] ?? '']);
}

/** The only node of a nested graph that is of a type, where edges of the graph around end. */
function joint(
  nodes: ReadonlyMap<string, Ends>,
  types: ReadonlyMap<string, string>,
  type: string,
  where: string,
): Ends {
  const found = [...nodes].filter(([name]) => types.get(name) === type);
  const [ends] = found;
  if (!ends || found.length !== 1) {
    rejectModel(where, `a nested graph must have one ${type} node, this one has ${found.length}`);
  }
  return ends[1];
}

/** Adds the nodes and edges of a graph to what is collected; gives the joints of a nested one. */
function collect(group: Hdf5Group, path: string, depth: number, all: Collected): Ends | undefined {
  const where = path === '' ? '' : `node '${shorten(path)}': `;
  if (depth > greatestDepth) rejectModel(`${where}nodes`, `graphs are nested deeper than ${greatestDepth}`);
  const list = group.group('nodes') ?? rejectModel(`${where}nodes`, 'are missing');
  const prefix = path === '' ? '' : `${path}/`;
  const ends = new Map<string, Ends>();
  const types = new Map<string, string>();
  for (const name of list.names) {
    const full = `${prefix}${name}`;
    const at = `node '${shorten(full)}'`;
    const node = list.group(name) ?? rejectModel(at, 'must be a group');
    const type = typeOf(node, at);
    types.set(name, type);
    const inner = type === 'NIRGraph' ? collect(node, full, depth + 1, all) : undefined;
    ends.set(name, inner ?? { input: full, output: full });
    if (inner) continue;
    const isJoint = path !== '' && (type === 'Input' || type === 'Output');
    all.nodes.set(full, { name: full, type: isJoint ? jointType : type, fields: new Fields(full, node) });
    if (all.nodes.size > greatestNodes)
      rejectModel(`${where}nodes`, `there are more than ${greatestNodes} nodes`);
  }
  for (const [from, to] of readEdges(group, where)) {
    const end = (name: string): Ends =>
      ends.get(name) ?? rejectUnknown(name, [from, to], where, [...ends.keys()]);
    all.edges.push([end(from).output, end(to).input]);
    if (all.edges.length > greatestEdges)
      rejectModel(`${where}edges`, `there are more than ${greatestEdges} edges`);
  }
  if (path === '') return undefined;
  const at = `node '${shorten(path)}'`;
  return { input: joint(ends, types, 'Input', at).input, output: joint(ends, types, 'Output', at).output };
}

function rejectUnknown(name: string, [from, to]: Edge, where: string, known: readonly string[]): never {
  rejectModel(
    `${where}edges`,
    `'${shorten(from)}' -> '${shorten(to)}': there is no node '${shorten(name)}'${knownNames(name, known.map(shorten))}`,
  );
}

/** Nodes and edges of the graph in an opened file. Throws `invalid-model`. */
export function readGraph(root: Hdf5Group): NirGraph {
  const graph = root.group('node');
  if (!graph) rejectModel('node', 'is missing: this HDF5 file holds no NIR graph');
  const type = typeOf(graph, 'node');
  if (type !== 'NIRGraph') rejectModel('node', `must be of the type NIRGraph, got '${shorten(type)}'`);
  const all: Collected = { nodes: new Map(), edges: [] };
  collect(graph, '', 1, all);
  const distinct = new Map(all.edges.map((edge) => [JSON.stringify(edge), edge] as const));
  const version = one(root.names.includes('version') ? root.texts('version') : undefined) ?? 'unknown';
  return { nodes: all.nodes, edges: [...distinct.values()], version };
}
