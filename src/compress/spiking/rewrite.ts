import { SpikeletError } from '../../error.js';
import { makeNode } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';
import type { Constant } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { consumersOf, freshNames } from '../edits.js';

/** Name of the constant that holds the threshold of a layer of neurons. */
export const thresholdName = (neuron: string): string => `${neuron}.threshold`;

/** A spiking graph whose thresholds are still to be found. */
export interface Draft {
  readonly graph: Graph;
  /** Layers of neurons in order: the node and the value that is its current. */
  readonly neurons: readonly { readonly name: string; readonly current: string }[];
}

function refuse(node: Node, message: string): never {
  throw new SpikeletError('unsupported', `${message}: it cannot be converted to spikes`, {
    where: `node '${node.name}' (${node.op})`,
  });
}

const number = (value: number): Constant => ({ dtype: 'f32', shape: [1], data: Float32Array.of(value) });

/** Elements of a window, all of which must count: spikes are averaged without rounding. */
function windowCount(node: Extract<Node, { readonly op: 'averagePool' }>): number {
  const { kernel, pads, countPadding, roundUp } = node.attributes;
  if (roundUp || (!countPadding && pads.some((pad) => pad > 0))) {
    refuse(node, 'has windows of different numbers of elements');
  }
  return (kernel[0] ?? 1) * (kernel[1] ?? 1);
}

/** Rewrites node by node, keeping account of the scale of values that are spikes. */
class Rewriting {
  readonly #steps: number;
  readonly #fresh: (base: string) => string;
  /** What a spike value counts, by name; other values are f32. */
  readonly #scales = new Map<string, number>();
  readonly #types: ReturnType<typeof inferTypes>;
  readonly nodes: Node[] = [];
  readonly neurons: { name: string; current: string }[] = [];
  readonly one: string;

  constructor(graph: Graph, steps: number) {
    this.#steps = steps;
    this.#fresh = freshNames(graph);
    this.#types = inferTypes(graph);
    this.one = this.#fresh('one');
  }

  add(node: Node): void {
    const [input = '', ...others] = node.inputs;
    const [output = ''] = node.outputs;
    const scale = this.#scales.get(input);
    switch (node.op) {
      case 'relu':
        this.#fire(node, input, output);
        return;
      case 'conv':
      case 'linear':
        this.nodes.push(node);
        return;
      case 'maxPool':
        if (scale !== undefined) this.#scales.set(output, scale);
        this.nodes.push(node);
        return;
      case 'averagePool':
        this.#pool(node, scale, windowCount(node));
        return;
      case 'globalAveragePool':
        this.#pool(node, scale, this.#pixels(input));
        return;
      case 'reshape':
        this.#reshape(node, scale);
        return;
      case 'add':
        this.nodes.push({ ...node, inputs: [this.#real(input), ...others.map((name) => this.#real(name))] });
        return;
      default:
        refuse(node, 'is neither a layer, relu, pooling, addition nor reshape');
    }
  }

  /** Sums what comes out of the last layer over time, under the name of the graph's output. */
  integrate(name: string): void {
    const layer = this.nodes.find((node) => node.outputs.includes(name));
    if (!layer || (layer.op !== 'conv' && layer.op !== 'linear')) {
      throw new SpikeletError('unsupported', 'must come from a conv or linear layer', {
        where: `output '${name}'`,
      });
    }
    const current = this.#fresh(`${name}.current`);
    this.nodes[this.nodes.indexOf(layer)] = { ...layer, outputs: [current] };
    const sum = makeNode('integrate', this.#fresh(`${name}.sum`), [current, this.one], {
      attributes: { steps: this.#steps },
    });
    this.nodes.push({ ...sum, outputs: [name] });
  }

  #fire(node: Node, current: string, output: string): void {
    if (this.#scales.has(current)) refuse(node, 'reads spikes');
    this.neurons.push({ name: node.name, current });
    const attributes = { steps: this.#steps };
    const neuron = makeNode('lif', node.name, [current, thresholdName(node.name), this.one], { attributes });
    this.nodes.push({ ...neuron, outputs: [output] });
    this.#scales.set(output, 1);
  }

  #pool(node: Node, scale: number | undefined, count: number): void {
    if (scale === undefined) {
      this.nodes.push(node);
      return;
    }
    const own = Math.fround(scale / count);
    if (own < 1 / 255) refuse(node, `averages spikes over more than 255 elements`);
    this.#scales.set(node.outputs[0] ?? '', own);
    this.nodes.push({ ...node, quantization: { scale: own, zeroPoint: 0 } });
  }

  #reshape(node: Extract<Node, { readonly op: 'reshape' }>, scale: number | undefined): void {
    const [first, ...rest] = node.attributes.shape;
    if (first !== 1) refuse(node, 'changes the first axis');
    const isOverTime = scale !== undefined;
    if (scale !== undefined) this.#scales.set(node.outputs[0] ?? '', scale);
    this.nodes.push(isOverTime ? { ...node, attributes: { shape: [this.#steps, ...rest] } } : node);
  }

  #pixels(name: string): number {
    const [, , height = 1, width = 1] = this.#types.get(name)?.shape ?? [];
    return height * width;
  }

  /** Spikes as real numbers. */
  #real(name: string): string {
    if (!this.#scales.has(name)) return name;
    const real = this.#fresh(`${name}.real`);
    this.nodes.push(makeNode('dequantize', real, [name]));
    return real;
  }
}

function checkInputs(graph: Graph): void {
  for (const { name, type } of graph.inputs) {
    if (type.dtype === 'f32' && type.shape[0] === 1) continue;
    throw new SpikeletError('unsupported', 'must be f32 of one sample, with a first axis of 1', {
      where: `input '${name}'`,
    });
  }
}

/**
 * Replaces every relu by neurons, whose thresholds are 1 for now, and every output by a sum over time. Layers stay as
 * they are: they read spikes where they have read what relu gave.
 */
export function rewriteToSpikes(graph: Graph, steps: number): Draft {
  checkInputs(graph);
  const rewriting = new Rewriting(graph, steps);
  for (const node of graph.nodes) rewriting.add(node);
  const consumers = consumersOf(graph);
  for (const { name } of graph.outputs) {
    if (consumers.has(name)) {
      throw new SpikeletError('unsupported', 'is read by other nodes', { where: `output '${name}'` });
    }
    rewriting.integrate(name);
  }
  const constants = new Map(graph.constants).set(rewriting.one, number(1));
  for (const { name } of rewriting.neurons) constants.set(thresholdName(name), number(1));
  return { graph: { ...graph, nodes: rewriting.nodes, constants }, neurons: rewriting.neurons };
}

/** The graph with thresholds by the name of the neurons. */
export function withThresholds(graph: Graph, thresholds: ReadonlyMap<string, Constant>): Graph {
  const constants = new Map(graph.constants);
  for (const [neuron, threshold] of thresholds) constants.set(thresholdName(neuron), threshold);
  return { ...graph, constants };
}
