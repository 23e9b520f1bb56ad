import { SpikeletError } from '../error.js';
import type { Graph } from './graph.js';
import { stepsOf } from './neurons.js';
import { rejectNode } from './operation.js';
import type { Node, NodeFor } from './ops/table.js';
import type { TensorType } from './tensor.js';
import { inferTypes } from './types.js';
import { validateGraph } from './validate.js';

type NeuronNode = NodeFor<'lif' | 'integrate'>;

const isNeuron = (node: Node): node is NeuronNode => node.op === 'lif' || node.op === 'integrate';

/** How time runs through a graph. */
export interface TimeFlow {
  readonly steps: number;
  /** Inputs and node outputs whose first axis is time; other values are the same at every step. */
  readonly temporal: ReadonlySet<string>;
}

/** Steps of a layer of neurons: those of its attribute, or of its current. */
function neuronSteps(node: NeuronNode, types: ReadonlyMap<string, TensorType>): number {
  const { steps, samples } = node.attributes;
  return steps || stepsOf(node, types.get(node.inputs[0] ?? '')?.shape ?? [], samples);
}

function commonSteps(graph: Graph, types: ReadonlyMap<string, TensorType>): number {
  let first: { readonly node: Node; readonly steps: number } | undefined;
  for (const node of graph.nodes) {
    if (!isNeuron(node)) continue;
    const steps = neuronSteps(node, types);
    first ??= { node, steps };
    if (steps !== first.steps) {
      rejectNode(
        node,
        `runs ${steps} steps, but '${first.node.name}' runs ${first.steps}: all must run as many`,
      );
    }
  }
  if (first) return first.steps;
  throw new SpikeletError('invalid-model', 'has no lif or integrate node, so no time steps', {
    where: 'graph',
  });
}

/** Whether the output of a node changes over time, given whether its inputs do. */
function changes(node: Node, isTemporal: (name: string) => boolean): boolean {
  switch (node.op) {
    case 'lif':
      return true;
    case 'integrate':
      return node.attributes.output === 'all';
    case 'reduceMax':
    case 'reduceMean':
    case 'reduceMin':
    case 'reduceSum':
      return node.inputs.some(isTemporal) && !node.attributes.axes.includes(0);
    default:
      return node.inputs.some(isTemporal);
  }
}

function flowFrom(graph: Graph, inputs: readonly string[]): Set<string> {
  const temporal = new Set(inputs);
  for (const node of graph.nodes) {
    if (changes(node, (name) => temporal.has(name))) for (const name of node.outputs) temporal.add(name);
  }
  return temporal;
}

/** Whether neurons that run as many steps as their current has depend on an input alone. */
function feedsSteps(graph: Graph, input: string): boolean {
  const reached = new Set([input]);
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => reached.has(name))) continue;
    if (node.op === 'delay') return true;
    if (!isNeuron(node)) for (const name of node.outputs) reached.add(name);
    else if (node.attributes.steps === 0) return true;
  }
  return false;
}

/**
 * Finds out which values of a spiking graph run over time: an input does where it has all steps or, in a graph of one
 * step, where neurons take their number of steps from it.
 *
 * Throws `invalid-model` for a graph without neurons or with neurons of different numbers of steps.
 */
export function timeFlow(graph: Graph): TimeFlow {
  const types = inferTypes(graph);
  const steps = commonSteps(graph, types);
  const samples = graph.nodes.reduce(
    (most, node) => (isNeuron(node) ? Math.max(most, node.attributes.samples) : most),
    1,
  );
  const inputs = graph.inputs.flatMap(({ name, type }) =>
    type.shape[0] === steps * samples && (steps > 1 || feedsSteps(graph, name)) ? [name] : [],
  );
  return { steps, temporal: flowFrom(graph, inputs) };
}

function refuse(node: Node, message: string): never {
  rejectNode(node, `${message}: the number of time steps cannot be changed here`);
}

/** Refuses a constant that has an entry for every step. */
function checkOperands(graph: Graph, node: Node, rank: number): void {
  for (const name of node.inputs) {
    const constant = graph.constants.get(name);
    if (constant && constant.shape.length === rank && constant.shape[0] !== 1) {
      refuse(node, `constant '${name}' has an entry for each step`);
    }
  }
}

const elementwise: ReadonlySet<Node['op']> = new Set([
  ...(['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'power'] as const),
]);

function checkKeepsTime(graph: Graph, node: Node, rank: number): void {
  switch (node.op) {
    case 'transpose':
      if (node.attributes.permutation[0] !== 0) refuse(node, 'moves the time axis');
      return;
    case 'concat':
    case 'softmax':
    case 'logSoftmax':
      if (node.attributes.axis === 0) refuse(node, 'works along the time axis');
      return;
    case 'slice':
      if (node.attributes.axes.length === 0 || node.attributes.axes.includes(0)) {
        refuse(node, 'takes a range of the time axis');
      }
      return;
    case 'pad':
      if (node.attributes.pads[0] !== 0 || node.attributes.pads[rank] !== 0)
        refuse(node, 'pads the time axis');
      return;
    case 'linear':
    case 'matmul':
      if (rank < (node.op === 'linear' ? 2 : 3)) refuse(node, 'has no axis but time and features');
      return;
    default:
      if (elementwise.has(node.op)) checkOperands(graph, node, rank);
  }
}

/** The same node over other steps; `rank` is that of its output. */
function overSteps(
  graph: Graph,
  node: Node,
  { steps, temporal }: TimeFlow,
  wanted: number,
  rank: number,
): Node {
  const isTemporal = node.inputs.some((name) => temporal.has(name));
  if (isNeuron(node)) {
    if (node.attributes.samples > 1) refuse(node, 'is over several samples');
    const ofInput = temporal.has(node.inputs[0] ?? '');
    // The attributes stay those of the node's own operation.
    return { ...node, attributes: { ...node.attributes, steps: ofInput ? 0 : wanted } } as Node;
  }
  if (!isTemporal) return node;
  if (node.op === 'reshape') {
    const [first, ...rest] = node.attributes.shape;
    if (first !== steps) refuse(node, 'changes the time axis');
    return { ...node, attributes: { shape: [wanted, ...rest] } };
  }
  checkKeepsTime(graph, node, rank);
  return node;
}

/**
 * The same spiking graph over another number of time steps: inputs over time get as many, neurons run as many.
 *
 * Throws `invalid-model` for a graph without neurons, and where a node treats the time axis as any other.
 *
 * @example
 * const perStep = withSteps(graph, 1);
 */
export function withSteps(graph: Graph, steps: number): Graph {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new SpikeletError('invalid-input', `must be a positive integer, got ${steps}`, { where: 'steps' });
  }
  const types = inferTypes(graph);
  const flow = timeFlow(graph);
  const result: Graph = {
    ...graph,
    inputs: graph.inputs.map((input) => {
      if (!flow.temporal.has(input.name)) return input;
      return { ...input, type: { ...input.type, shape: [steps, ...input.type.shape.slice(1)] } };
    }),
    nodes: graph.nodes.map((node) => {
      const rank = types.get(node.outputs[0] ?? '')?.shape.length ?? 0;
      return overSteps(graph, node, flow, steps, rank);
    }),
  };
  validateGraph(result);
  return result;
}
