import type { Graph } from '../../src/graph/graph.js';
import { attentionSizes } from '../../src/graph/ops/attention.js';
import type { Node, NodeFor } from '../../src/graph/ops/table.js';
import { type Constant, formatShape, type TensorType } from '../../src/graph/tensor.js';
import { inferTypes } from '../../src/graph/types.js';

/** The nodes that take the place of one, and the constants that they read. */
class Spelling {
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Constant>;
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#types = inferTypes(graph);
    this.constants = new Map(graph.constants);
  }

  add(node: Node): void {
    switch (node.op) {
      case 'attention':
        this.#attention(node);
        break;
      case 'gelu':
        this.#gelu(node);
        break;
      case 'linear':
        this.#linear(node);
        break;
      default:
        this.nodes.push(node);
    }
  }

  #emit(
    op: 'add' | 'divide' | 'erf' | 'matmul' | 'multiply',
    output: string,
    inputs: readonly string[],
  ): string {
    this.nodes.push({ op, name: output, inputs, outputs: [output], attributes: {} });
    return output;
  }

  #scalar(value: number): string {
    const name = `number ${value}`;
    this.constants.set(name, { dtype: 'f32', shape: [], data: Float32Array.of(value) });
    return name;
  }

  /** x * weight' + bias, for inputs of more than two dimensions. */
  #linear(node: NodeFor<'linear'>): void {
    const [x = '', weightName = '', biasName = ''] = node.inputs;
    const weight = this.#graph.constants.get(weightName);
    const [output = ''] = node.outputs;
    if ((this.#types.get(x)?.shape.length ?? 2) === 2 || weight?.dtype !== 'f32') {
      this.nodes.push(node);
      return;
    }
    const [rows = 1, columns = 1] = weight.shape;
    const data = new Float32Array(rows * columns);
    weight.data.forEach((value, i) => {
      data[(i % columns) * rows + Math.floor(i / columns)] = value;
    });
    this.constants.delete(weightName);
    this.constants.set(`${weightName}.transposed`, { dtype: 'f32', shape: [columns, rows], data });
    const product = this.#emit('matmul', biasName ? `${output}.product` : output, [
      x,
      `${weightName}.transposed`,
    ]);
    if (biasName) this.#emit('add', output, [product, biasName]);
  }

  /** x / 2 * (1 + erf(x / sqrt(2))) as exporters write it, so that other engines know it again. */
  #gelu({ inputs: [x = ''], outputs: [output = ''] }: NodeFor<'gelu'>): void {
    const scaled = this.#emit('divide', `${output}.scaled`, [x, this.#scalar(Math.SQRT2)]);
    const error = this.#emit('erf', `${output}.erf`, [scaled]);
    const sum = this.#emit('add', `${output}.sum`, [error, this.#scalar(1)]);
    const product = this.#emit('multiply', `${output}.product`, [x, sum]);
    this.#emit('multiply', output, [product, this.#scalar(0.5)]);
  }

  #heads(name: string, shape: readonly number[], permutation: readonly number[]): string {
    const [split, output] = [`${name} as ${formatShape(shape)}`, `${name} by head`];
    this.nodes.push(
      { op: 'reshape', name: split, inputs: [name], outputs: [split], attributes: { shape } },
      { op: 'transpose', name: output, inputs: [split], outputs: [output], attributes: { permutation } },
    );
    return output;
  }

  #attention(node: NodeFor<'attention'>): void {
    const [q = '', k = '', v = '', mask = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const types = [q, k, v].map((name) => this.#types.get(name));
    const { batch, queries, keys, depth, valueDepth } = attentionSizes(node, types);
    const { heads, scale } = node.attributes;
    const [left, right, last] = [
      this.#heads(q, [batch, queries, heads, depth], [0, 2, 1, 3]),
      this.#heads(k, [batch, keys, heads, depth], [0, 2, 3, 1]),
      this.#heads(v, [batch, keys, heads, valueDepth], [0, 2, 1, 3]),
    ];
    const scores = this.#emit('matmul', `${output}.scores`, [left, right]);
    const scaled = this.#emit('multiply', `${output}.scaled`, [scores, this.#scalar(scale)]);
    const masked = mask ? this.#emit('add', `${output}.masked`, [scaled, mask]) : scaled;
    const weights = `${output}.weights`;
    this.nodes.push({
      ...{ op: 'softmax', name: weights, inputs: [masked], outputs: [weights], attributes: { axis: 3 } },
    });
    const sums = this.#emit('matmul', `${output}.sums`, [weights, last]);
    const joined = `${output}.joined`;
    this.nodes.push(
      {
        ...{ op: 'transpose', name: joined, inputs: [sums], outputs: [joined] },
        attributes: { permutation: [0, 2, 1, 3] },
      },
      {
        ...{ op: 'reshape', name: output, inputs: [joined], outputs: [output] },
        attributes: { shape: [batch, queries, heads * valueDepth] },
      },
    );
  }
}

/** The same f32 graph with attention, GELU and linear layers of rank 3 in the operators that ONNX has for them. */
export function spellOut(graph: Graph): Graph {
  const spelling = new Spelling(graph);
  for (const node of graph.nodes) spelling.add(node);
  return { ...graph, nodes: spelling.nodes, constants: spelling.constants };
}
