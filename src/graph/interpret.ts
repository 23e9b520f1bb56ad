import { SpikeletError } from '../error.js';
import type { Executor } from './executor.js';
import { constantType, type Graph } from './graph.js';
import type { AnyNode, Reference, ReferenceInput } from './operation.js';
import { references } from './ops/references.js';
import type { Node } from './ops/table.js';
import { elementCount, formatShape, sameShape, type Tensor, type TensorType } from './tensor.js';
import { inferTypes } from './types.js';

export interface InterpretOptions {
  /** Called with every graph input and every node's output as soon as it is there. */
  readonly observe?: (name: string, value: Tensor) => void;
}

/** As `operationOf`: the table ties every reference to its own node type. */
const referenceOf = (node: Node): Reference<AnyNode> => references[node.op] as Reference<AnyNode>;

function checkedInput(name: string, type: TensorType, value: Tensor | undefined): Tensor {
  const where = `input '${name}'`;
  if (!value) throw new SpikeletError('invalid-input', 'is missing', { where });
  if (value.dtype !== type.dtype || !sameShape(value.shape, type.shape)) {
    const message = `must be ${type.dtype}${formatShape(type.shape)}, got ${value.dtype}${formatShape(value.shape)}`;
    throw new SpikeletError('invalid-input', message, { where });
  }
  if (value.data.length !== elementCount(type.shape)) {
    const message = `has ${value.data.length} elements, its shape asks for ${elementCount(type.shape)}`;
    throw new SpikeletError('invalid-input', message, { where });
  }
  return value;
}

/** Index of the last node that reads each value; outputs of the graph are read after all nodes. */
function lastUses(graph: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const name of [...node.inputs, ...node.outputs]) uses.set(name, i);
  });
  for (const { name } of graph.outputs) uses.set(name, graph.nodes.length);
  return uses;
}

class Interpretation {
  readonly #graph: Graph;
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #values = new Map<string, Tensor>();
  readonly #observe: ((name: string, value: Tensor) => void) | undefined;

  constructor(graph: Graph, observe: InterpretOptions['observe']) {
    this.#graph = graph;
    this.#types = inferTypes(graph);
    this.#observe = observe;
  }

  define(name: string, value: Tensor): void {
    this.#values.set(name, value);
    this.#observe?.(name, value);
  }

  value(name: string): ReferenceInput {
    const constant = this.#graph.constants.get(name);
    if (constant) return { ...constant, type: constantType(constant), constant };
    const value = this.#values.get(name);
    const type = this.#types.get(name);
    if (value && type) return { ...value, type };
    throw new SpikeletError('invalid-model', `value '${name}' is not computed before it is used`);
  }

  run(node: Node): void {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.value(name)));
    const outputs = node.outputs.flatMap((name) => this.#types.get(name) ?? []);
    const results = referenceOf(node)(node, inputs, outputs);
    node.outputs.forEach((name, i) => {
      const result = results[i];
      if (result) this.define(name, result);
    });
  }

  forget(names: readonly string[]): void {
    for (const name of names) this.#values.delete(name);
  }
}

/**
 * Runs a graph in plain TypeScript, one reference after the other, keeping only values that are still needed. Slow
 * and obviously right: for tests and for calibrating small models.
 *
 * Throws `invalid-input` for inputs that are missing, unknown or of the wrong type.
 *
 * @example
 * const { logits } = interpret(graph, { image: { dtype: 'f32', shape: [1, 3, 32, 32], data } });
 */
export function interpret(
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
  { observe }: InterpretOptions = {},
): Readonly<Record<string, Tensor>> {
  const known = graph.inputs.map(({ name }) => name);
  const unknown = Object.keys(inputs).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const message = `the graph has no such input (it has: ${known.join(', ')})`;
    throw new SpikeletError('invalid-input', message, { where: `input '${unknown}'` });
  }
  const interpretation = new Interpretation(graph, observe);
  for (const { name, type } of graph.inputs) {
    const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    interpretation.define(name, checkedInput(name, type, given));
  }
  const uses = lastUses(graph);
  graph.nodes.forEach((node, i) => {
    interpretation.run(node);
    interpretation.forget([...node.inputs, ...node.outputs].filter((name) => uses.get(name) === i));
  });
  return Object.fromEntries(
    graph.outputs.map(({ name }) => {
      const { dtype, shape, data } = interpretation.value(name);
      return [name, { dtype, shape, data: data.slice() }];
    }),
  );
}

/** {@link interpret} as an executor. */
export const referenceExecutor: Executor = async (graph) => ({
  run: async (inputs) => interpret(graph, inputs),
  close() {},
});
