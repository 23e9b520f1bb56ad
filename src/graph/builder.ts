import { SpikeletError } from '../error.js';
import { readAttributes } from './attributes.js';
import type { Graph, GraphInput, GraphOutput, Meaning } from './graph.js';
import { type Node, type NodeFor, type OperationName, operations } from './ops/table.js';
import type { Constant, Quantization, Tensor, TensorType, WeightBits } from './tensor.js';
import { validateGraph } from './validate.js';

/** A quantization with its scale rounded to f32, as graphs need it. */
export const quantization = (scale: number, zeroPoint: number): Quantization => ({
  scale: Math.fround(scale),
  zeroPoint,
});

export const f32Type = (shape: readonly number[]): TensorType => ({ dtype: 'f32', shape });

export const u8Type = (shape: readonly number[], meaning: Quantization): TensorType => ({
  dtype: 'u8',
  shape,
  quantization: meaning,
});

export const f32Tensor = (shape: readonly number[], values: Iterable<number>): Tensor<Float32Array> => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(values),
});

export const u8Tensor = (shape: readonly number[], values: Iterable<number>): Tensor<Uint8Array> => ({
  dtype: 'u8',
  shape,
  data: Uint8Array.from(values),
});

export const i32Tensor = (shape: readonly number[], values: Iterable<number>): Tensor<Int32Array> => ({
  dtype: 'i32',
  shape,
  data: Int32Array.from(values),
});

/** An integer weight with one scale per index of its first axis. */
export const weightConstant = (
  shape: readonly number[],
  values: Iterable<number>,
  scales: Iterable<number>,
  bits: WeightBits = 8,
): Constant => ({
  dtype: 'i8',
  shape,
  data: Int8Array.from(values),
  quantization: { bits, scales: Float32Array.from(scales), axis: 0 },
});

export interface NodeOptions<Op extends OperationName> {
  /** Name of the node and of its output; default: the operation with a number. */
  readonly name?: string;
  /** Those that differ from their defaults. */
  readonly attributes?: Partial<NodeFor<Op>['attributes']>;
  /** Of a u8 output. */
  readonly quantization?: Quantization;
  /** Names of outputs after the first. */
  readonly moreOutputs?: readonly string[];
}

/** Makes a graph value by value; every function gives the name of the value that it adds. */
export interface GraphBuilder {
  input(name: string, type: TensorType, meaning?: Meaning): string;
  constant(name: string, constant: Constant): string;
  node<Op extends OperationName>(op: Op, inputs: readonly string[], options?: NodeOptions<Op>): string;
  output(name: string, meaning?: Meaning): void;
  /** The graph, validated. */
  build(): Graph;
}

/** A node whose attributes are checked against the operation's schema, with defaults filled in. */
export function makeNode<Op extends OperationName>(
  op: Op,
  name: string,
  inputs: readonly string[],
  options: NodeOptions<Op> = {},
): Node {
  const given: Readonly<Record<string, unknown>> = { ...options.attributes };
  const attributes = readAttributes(operations[op].schema, given, `node '${name}' (${op})`);
  const meaning = options.quantization && { quantization: options.quantization };
  const outputs = [name, ...(options.moreOutputs ?? [])];
  // The schema has just checked that the attributes are those of the operation.
  return { op, name, inputs, outputs, attributes, ...meaning } as Node;
}

/**
 * Starts a graph, for tests and tools.
 *
 * @example
 * const g = graphBuilder('tiny');
 * const x = g.input('x', f32Type([1, 4]));
 * g.output(g.node('softmax', [x], { attributes: { axis: 1 } }));
 * const graph = g.build();
 */
export function graphBuilder(name: string): GraphBuilder {
  const inputs: GraphInput[] = [];
  const outputs: GraphOutput[] = [];
  const nodes: Node[] = [];
  const constants = new Map<string, Constant>();
  return {
    input(inputName, type, meaning) {
      inputs.push({ name: inputName, type, ...(meaning && { meaning }) });
      return inputName;
    },
    constant(constantName, constant) {
      if (constants.has(constantName)) {
        throw new SpikeletError('invalid-model', 'is given twice', { where: `constant '${constantName}'` });
      }
      constants.set(constantName, constant);
      return constantName;
    },
    node(op, nodeInputs, options = {}) {
      const nodeName = options.name ?? `${op}${nodes.length + 1}`;
      nodes.push(makeNode(op, nodeName, nodeInputs, options));
      return nodeName;
    },
    output(outputName, meaning) {
      outputs.push({ name: outputName, ...(meaning && { meaning }) });
    },
    build() {
      const graph: Graph = {
        name,
        inputs: [...inputs],
        outputs: [...outputs],
        nodes: [...nodes],
        constants: new Map(constants),
      };
      validateGraph(graph);
      return graph;
    },
  };
}
