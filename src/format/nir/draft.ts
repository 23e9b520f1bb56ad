import { SpikeletError } from '../../error.js';
import { makeNode, type NodeOptions } from '../../graph/builder.js';
import { constantType, type Graph, type GraphInput } from '../../graph/graph.js';
import type { InputType } from '../../graph/operation.js';
import type { Node, OperationName } from '../../graph/ops/table.js';
import type { Constant, TensorType } from '../../graph/tensor.js';
import { operationOf } from '../../graph/types.js';
import { validateGraph } from '../../graph/validate.js';

/** A value of the graph under construction: [steps, ...]. */
export interface Operand {
  readonly name: string;
  readonly type: TensorType;
  /** Greatest whole number that a u8 value can hold: 1 for spikes. */
  readonly greatest: number;
}

/** The graph under construction: nodes in order, constants, and the type of every value. */
export class Draft {
  readonly #inputs: GraphInput[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #types = new Map<string, TensorType>();
  readonly #taken = new Set<string>();
  readonly #real = new Map<string, Operand>();

  #free(hint: string): string {
    let name = hint || 'value';
    for (let number = 2; this.#taken.has(name); number++) name = `${hint}.${number}`;
    this.#taken.add(name);
    return name;
  }

  input(hint: string, type: TensorType): Operand {
    const name = this.#free(hint);
    this.#inputs.push({ name, type });
    this.#types.set(name, type);
    return { name, type, greatest: 255 };
  }

  /** Adds a constant and gives its name. */
  constant(hint: string, constant: Constant): string {
    const name = this.#free(hint);
    this.#constants.set(name, constant);
    return name;
  }

  /** An f32 constant, its values rounded. */
  numbers(hint: string, shape: readonly number[], values: ArrayLike<number>): string {
    return this.constant(hint, { dtype: 'f32', shape, data: Float32Array.from(values) });
  }

  /** Adds a node with one output. Throws `invalid-model` where its inputs do not fit. */
  emit<Op extends OperationName>(
    op: Op,
    hint: string,
    inputs: readonly string[],
    options: Omit<NodeOptions<Op>, 'name' | 'moreOutputs'> & { readonly greatest?: number } = {},
  ): Operand {
    const { greatest = 255, ...rest } = options;
    const name = this.#free(hint);
    const node = makeNode(op, name, inputs, rest);
    const [type] = operationOf(node).infer(
      node,
      inputs.map((input) => this.#inputType(input)),
    );
    if (!type) throw new SpikeletError('internal', 'operation has no output', { where: `node '${name}'` });
    this.#nodes.push(node);
    this.#types.set(name, type);
    return { name, type, greatest };
  }

  #inputType(name: string): InputType | undefined {
    if (name === '') return undefined;
    const constant = this.#constants.get(name);
    if (constant) return { ...constantType(constant), constant };
    return this.#types.get(name);
  }

  /** The value in f32. */
  real(value: Operand): Operand {
    if (value.type.dtype === 'f32') return value;
    const known = this.#real.get(value.name) ?? this.emit('dequantize', `${value.name}.real`, [value.name]);
    this.#real.set(value.name, known);
    return known;
  }

  /** The sum of values, in order; one alone stays as it is. */
  sum(hint: string, values: readonly [Operand, ...Operand[]]): Operand {
    const [first, ...others] = values;
    if (others.length === 0) return first;
    return others.reduce(
      (sum, value) => this.emit('add', hint, [sum.name, this.real(value).name]),
      this.real(first),
    );
  }

  /** The graph with its outputs under the names wanted, where these are free. Throws `invalid-model`. */
  finish(
    name: string,
    outputs: readonly (readonly [wanted: string, value: Operand])[],
    source: string,
  ): Graph {
    const inputs = new Set(this.#inputs.map((input) => input.name));
    const renamed = new Map<string, string>();
    for (const [wanted, { name: value }] of outputs) {
      if (inputs.has(value) || renamed.has(value) || this.#taken.has(wanted)) continue;
      renamed.set(value, this.#free(wanted));
    }
    const rename = (value: string): string => renamed.get(value) ?? value;
    const nodes = this.#nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
    const graph: Graph = {
      name,
      inputs: this.#inputs,
      outputs: outputs.map(([, value]) => ({ name: rename(value.name) })),
      nodes,
      constants: this.#constants,
      provenance: { source },
    };
    validateGraph(graph);
    return graph;
  }
}
