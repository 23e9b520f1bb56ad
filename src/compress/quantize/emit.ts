import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { sameQuantization } from '../../graph/moving.js';
import type { Node } from '../../graph/ops/table.js';
import { roundHalfEven } from '../../graph/quantized.js';
import type { Constant, Quantization, WeightBits } from '../../graph/tensor.js';
import { freshNames, isOutput } from '../edits.js';
import { activations, isWeighted } from './forms.js';
import type { WeightedNode } from './patches.js';
import { choosesQuantization, madeValue, type Scheme } from './scheme.js';

/** A layer's weights as integers, in the order of the real ones, and its bias as real numbers. */
export interface LayerWeights {
  readonly bits: WeightBits;
  readonly q: Int8Array;
  readonly scales: Float32Array;
  readonly bias: Float64Array;
}

/** All that has been decided about how a float graph becomes an integer one. */
export interface Decisions {
  readonly scheme: Scheme;
  /** By name of the float value. */
  readonly quantizations: ReadonlyMap<string, Quantization>;
  /** By node name. */
  readonly weights: ReadonlyMap<string, LayerWeights>;
}

/** Whether the outputs are turned back into real numbers or stay as they are stored. */
export type OutputForm = 'real' | 'stored';

/** The integer graph of a float graph. Stored outputs that are u8 keep the order, not the names. */
export function emit(graph: Graph, decisions: Decisions, outputs: OutputForm): Graph {
  const emission = new Emission(graph, decisions);
  for (const node of graph.nodes) emission.emit(node);
  return {
    ...graph,
    outputs: graph.outputs.map((output) => ({
      ...output,
      name: outputs === 'real' ? emission.real(output.name) : emission.stored(output.name),
    })),
    nodes: emission.nodes,
    constants: emission.constants,
  };
}

/** A graph in the making: the names under which each value is there so far, as u8 and as f32. */
class Emission {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly #graph: Graph;
  readonly #decisions: Decisions;
  readonly #fresh: (base: string) => string;
  readonly #stored = new Map<string, string>();
  readonly #real = new Map<string, string>();

  constructor(graph: Graph, decisions: Decisions) {
    this.#graph = graph;
    this.#decisions = decisions;
    this.#fresh = freshNames(graph);
    for (const { name } of graph.inputs) this.#real.set(name, name);
  }

  emit(node: Node): void {
    const { scheme } = this.#decisions;
    const [output = ''] = node.outputs;
    if (!scheme.integer.has(node)) this.#emitReal(node);
    else if (!this.#stored.has(output)) this.#emitInteger(node, madeValue(scheme, output));
  }

  /** Name of the u8 form of a value, quantized here if there is none yet. */
  stored(name: string): string {
    const known = this.#stored.get(name);
    if (known !== undefined) return known;
    const q = this.#fresh(`${name}.q`);
    const from = this.real(name);
    this.#append('quantize', this.#fresh(`${name}.quantize`), from, q, this.#quantization(name));
    this.#stored.set(name, q);
    return q;
  }

  /** Name of the f32 form of a value, dequantized here if there is none yet. */
  real(name: string): string {
    const constant = this.#graph.constants.get(name);
    if (constant) this.constants.set(name, constant);
    const known = this.#real.get(name) ?? (constant || name === '' ? name : undefined);
    if (known !== undefined) return known;
    const real = isOutput(this.#graph, name) ? name : this.#fresh(`${name}.real`);
    this.#append('dequantize', this.#fresh(`${name}.dequantize`), this.#stored.get(name) ?? '', real);
    this.#real.set(name, real);
    return real;
  }

  #append(
    op: 'quantize' | 'dequantize' | 'requantize',
    name: string,
    from: string,
    to: string,
    quantization?: Quantization,
  ): void {
    const node = { op, name, inputs: [from], outputs: [to], attributes: {} };
    this.nodes.push(quantization ? { ...node, quantization } : node);
  }

  #quantization(name: string): Quantization {
    const quantization = this.#decisions.quantizations.get(name);
    if (!quantization) throw new SpikeletError('internal', `value '${name}' has no quantization`);
    return quantization;
  }

  #emitReal(node: Node): void {
    this.nodes.push({ ...node, inputs: node.inputs.map((name) => this.real(name)) });
    for (const name of node.outputs) this.#real.set(name, name);
  }

  #emitInteger(node: Node, made: string): void {
    if (isWeighted(this.#graph, node) && this.#decisions.scheme.stream.has(made)) {
      this.#emitRealSum(node, made);
      return;
    }
    const inputs = activations(node).map((name) => this.stored(name));
    const output = isOutput(this.#graph, made) ? this.#fresh(`${made}.q`) : made;
    const integer = { ...node, inputs, outputs: [output] };
    if (isWeighted(this.#graph, node)) {
      const weights = this.#addWeights(node);
      this.nodes.push({
        ...integer,
        inputs: [...inputs, ...weights],
        quantization: this.#quantization(made),
      });
    } else if (choosesQuantization(node)) {
      const others = node.inputs.slice(inputs.length).map((name) => this.real(name));
      this.nodes.push({
        ...integer,
        inputs: [...inputs, ...others],
        quantization: this.#quantization(made),
      });
    } else {
      this.nodes.push({ ...integer, inputs: node.inputs.map((name) => this.#storedAs(name, made)) });
    }
    this.#markStored(node.outputs[0] ?? '', output);
  }

  /** A layer of integers whose sums become real numbers. */
  #emitRealSum(node: WeightedNode, made: string): void {
    const inputs = activations(node).map((name) => this.stored(name));
    this.nodes.push({ ...node, inputs: [...inputs, ...this.#addWeights(node)] });
    this.#real.set(made, made);
  }

  /** Every value from the node's own to the one made in its place is there under one name. */
  #markStored(name: string, output: string): void {
    this.#stored.set(name, output);
    const next = this.#decisions.scheme.absorbed.get(name);
    if (next !== undefined) this.#markStored(next, output);
  }

  /** Name of a u8 value in the quantization of another, requantized here if its own differs. */
  #storedAs(name: string, as: string): string {
    const stored = this.stored(name);
    const target = this.#quantization(as);
    if (sameQuantization(this.#quantization(name), target)) return stored;
    const requantized = this.#fresh(`${name}.requantized`);
    this.#append('requantize', this.#fresh(`${name}.requantize`), stored, requantized, target);
    return requantized;
  }

  #addWeights(node: WeightedNode): readonly string[] {
    const weights = this.#decisions.weights.get(node.name);
    const [input = '', weightName = '', biasName = ''] = node.inputs;
    const weight = this.#graph.constants.get(weightName);
    if (!weights || !weight)
      throw new SpikeletError('internal', `layer '${node.name}' has no integer weights`);
    const { bits, q, scales } = weights;
    const scaleIn = this.#quantization(input).scale;
    const bias = Int32Array.from(weights.bias, (real, c) =>
      roundHalfEven(real / (scaleIn * (scales[c] ?? 1))),
    );
    const names = [this.#own(weightName, node, 'weight'), this.#own(biasName, node, 'bias')];
    const constants: readonly Constant[] = [
      { dtype: 'i8', shape: weight.shape, data: q, quantization: { bits, scales, axis: 0 } },
      { dtype: 'i32', shape: [bias.length], data: bias },
    ];
    constants.forEach((constant, i) => {
      this.constants.set(names[i] ?? '', constant);
    });
    return names;
  }

  /** The name of a layer's constant, or a new one if another layer has taken it. */
  #own(name: string, node: Node, kind: string): string {
    return name === '' || this.constants.has(name) ? this.#fresh(`${node.name}.${kind}`) : name;
  }
}
