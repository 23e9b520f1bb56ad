import type { Graph } from '../../graph/graph.js';
import { descriptions } from '../../graph/ops/descriptions.js';
import type { Node } from '../../graph/ops/table.js';
import { consumersOf, isOutput } from '../edits.js';
import { activations, integerNodes } from './forms.js';
import type { Range } from './range.js';
import { streamValues } from './stream.js';

/** Which nodes compute with integers, and what happens to the clips between them. */
export interface Scheme {
  readonly integer: ReadonlySet<Node>;
  /** Values that stay real, whatever computes them; see {@link streamValues}. */
  readonly stream: ReadonlySet<string>;
  /**
   * Relus and clips that vanish: the node before them writes their output, whose range ends where they would clip.
   * By the name of the value that is then never made, the name of the one made in its place.
   */
  readonly absorbed: ReadonlyMap<string, string>;
}

/** The bounds that a node clips at, if they can be the ends of a range, which always contains zero. */
export function clipBounds(node: Node | undefined): Range | undefined {
  if (node?.op === 'relu') return { least: 0, greatest: Number.POSITIVE_INFINITY };
  if (node?.op !== 'clip') return undefined;
  const least = node.attributes.minimum ?? Number.NEGATIVE_INFINITY;
  const greatest = node.attributes.maximum ?? Number.POSITIVE_INFINITY;
  return least <= 0 && greatest >= 0 ? { least, greatest } : undefined;
}

/** Whether a node's integer form writes a quantization of its own choice. */
export function choosesQuantization(node: Node): boolean {
  const { integer } = descriptions[node.op];
  return integer === 'computes' || integer === 'table';
}

/** Decides how a float graph is to be computed with integers. */
export function schemeOf(graph: Graph): Scheme {
  const integer = integerNodes(graph);
  const stream = streamValues(graph);
  const consumers = consumersOf(graph);
  const absorbed = new Map<string, string>();
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const [after, ...others] = consumers.get(output) ?? [];
    if (!integer.has(node) || !choosesQuantization(node) || isOutput(graph, output)) continue;
    if (stream.has(output)) continue;
    if (after && others.length === 0 && integer.has(after) && clipBounds(after)) {
      absorbed.set(output, after.outputs[0] ?? '');
    }
  }
  return { integer, stream, absorbed };
}

/** The value that is made in place of the named one. */
export function madeValue(scheme: Pick<Scheme, 'absorbed'>, name: string): string {
  const next = scheme.absorbed.get(name);
  return next === undefined ? name : madeValue(scheme, next);
}

/** Names of the f32 values that will exist as u8, each with statistics of its own, in order. */
export function quantizedValues(graph: Graph, scheme: Scheme): readonly string[] {
  const names = new Set<string>();
  for (const node of graph.nodes) {
    if (!scheme.integer.has(node)) continue;
    const outputs = node.outputs.filter((name) => !scheme.stream.has(name));
    for (const name of [...activations(node), ...outputs]) names.add(madeValue(scheme, name));
  }
  return [...names];
}
