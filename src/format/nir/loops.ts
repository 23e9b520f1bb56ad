import { rejectModel } from '../json.js';
import type { NirGraph, NirNode } from './file.js';
import { identity, type LinearMap, plus, through } from './linear-map.js';
import { isNeuronType, neuronTypes } from './neuron.js';
import { type Refusals, refuse } from './unsupported.js';
import { connectedGroups, cycleText, isCycle, type Wiring, wire } from './wiring.js';

/** A graph without cycles, and what the spikes of a layer add to its own current at the next step. */
export interface Unrolled {
  readonly wiring: Wiring;
  /** Nodes in an order in which every edge leads forwards. */
  readonly order: readonly string[];
  readonly recurrent: ReadonlyMap<string, LinearMap>;
}

const greatestLoop = 2 ** 12;

const canRecur = ({ type }: NirNode): boolean => isNeuronType(type) && neuronTypes[type].fires;
const hasState = ({ type }: NirNode): boolean => isNeuronType(type) || type === 'Delay';

/** The one layer of firing neurons that a cycle must lead through. */
function neuronOf(members: readonly NirNode[], text: string): NirNode {
  const [neuron, ...others] = members.filter(canRecur);
  if (!neuron && !members.some(hasState)) {
    rejectModel('edges', `the cycle ${text} leads through no neurons: its values would depend on themselves`);
  }
  if (!neuron) refuse(`the cycle ${text} leads through no layer of firing neurons`);
  if (others.length > 0) refuse(`the cycle ${text} leads through more than one layer of neurons`);
  return neuron;
}

/** Neurons of a layer in a loop, by its parameters. */
function sizeOf({ fields }: NirNode, text: string): number {
  const { shape, data } = fields.array('v_threshold');
  if (shape.filter((size) => size !== 1).length > 1)
    refuse(`the cycle ${text} leads through a layer that is not flat`);
  if (data.length > greatestLoop)
    refuse(`the cycle ${text} has ${data.length} neurons, at most ${greatestLoop} can recur`);
  return data.length;
}

interface Loop {
  readonly neuron: string;
  readonly map: LinearMap;
  readonly closing: readonly string[];
}

/** What one time round the loop makes of the spikes of its layer. */
function loopOf(group: readonly string[], { nodes }: NirGraph, wiring: Wiring): Loop {
  const text = cycleText(group, wiring);
  const members = group.flatMap((name) => nodes.get(name) ?? []);
  const neuron = neuronOf(members, text);
  const inside = new Set(group);
  const size = sizeOf(neuron, text);
  const maps = new Map<string, LinearMap>([[neuron.name, identity(size)]]);
  const before = (name: string): LinearMap => {
    const sources = wiring.sources.get(name) ?? [];
    const outside = sources.find((source) => !inside.has(source));
    if (outside !== undefined && name !== neuron.name) {
      refuse(
        `the cycle ${text} gets input from '${outside}' at '${name}', which only the neurons of a loop can have`,
      );
    }
    const [first, ...others] = sources.flatMap((source) => maps.get(source) ?? []);
    if (!first) refuse(`the cycle ${text} has no beginning`);
    const odd = others.find((other) => other.rows !== first.rows);
    if (odd)
      rejectModel(
        `node '${name}'`,
        `gets ${first.rows} values and ${odd.rows} values from the cycle ${text}`,
      );
    return others.reduce(plus, first);
  };
  for (const member of orderWithin(group, neuron.name, wiring)) {
    const node = nodes.get(member);
    const inner = before(member);
    if (node) maps.set(member, through(node, inner));
  }
  const map = before(neuron.name);
  if (map.rows !== size)
    rejectModel(
      `node '${neuron.name}'`,
      `has ${size} neurons, but gets ${map.rows} values from the cycle ${text}`,
    );
  return {
    neuron: neuron.name,
    map,
    closing: (wiring.sources.get(neuron.name) ?? []).filter((name) => inside.has(name)),
  };
}

/** The other members of a loop in the order of its edges. Throws `invalid-model` where they form a cycle of their own. */
function orderWithin(group: readonly string[], neuron: string, wiring: Wiring): readonly string[] {
  const others = group.filter((name) => name !== neuron);
  const inside = new Set(others);
  const edges = others.flatMap((from) =>
    (wiring.targets.get(from) ?? []).filter((to) => inside.has(to)).map((to) => [from, to] as const),
  );
  const rest = wire(others, edges);
  return connectedGroups(rest).flatMap((part) => {
    if (!isCycle(part, rest)) return part;
    const text = cycleText(part, rest);
    return rejectModel(
      'edges',
      `the cycle ${text} leads through no neurons: its values would depend on themselves`,
    );
  });
}

/** Turns every cycle into a recurrent layer. Throws `invalid-model`; what is unsupported is collected. */
export function unroll(graph: NirGraph, refusals: Refusals): Unrolled {
  const wiring = wire(graph.nodes.keys(), graph.edges);
  const recurrent = new Map<string, LinearMap>();
  const closing = new Set<string>();
  for (const group of connectedGroups(wiring)) {
    if (!isCycle(group, wiring)) continue;
    const loop = refusals.attempt(group[0] ?? '', 'cycle', () => loopOf(group, graph, wiring));
    if (!loop) continue;
    recurrent.set(loop.neuron, loop.map);
    for (const source of loop.closing) closing.add(JSON.stringify([source, loop.neuron]));
  }
  const open = wire(
    graph.nodes.keys(),
    graph.edges.filter((edge) => !closing.has(JSON.stringify(edge))),
  );
  return { wiring: open, order: connectedGroups(open).flat(), recurrent };
}
