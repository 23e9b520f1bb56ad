import type { Graph } from '../graph/graph.js';
import type { Node } from '../graph/ops/table.js';
import { sameShape, type TensorType } from '../graph/tensor.js';
import { isRowMajor } from './layout.js';

/** Bounds on real values; infinite where there is none. */
export interface Clamp {
  readonly minimum: number;
  readonly maximum: number;
}

export const unbounded: Clamp = { minimum: -Infinity, maximum: Infinity };

/** An addition that runs in the epilogue of the node before it. */
export interface Residual {
  /** Value that is added. */
  readonly value: string;
  /** Name of the fused addition's output. */
  readonly sum: string;
  readonly clamp: Clamp;
}

/** A node together with the nodes that run in its epilogue. */
export interface FusedNode<N extends Node = Node> {
  readonly node: N;
  /** Bounds of the node's own result. */
  readonly clamp: Clamp;
  readonly residual?: Residual;
  /** Name of the value that the whole computes. */
  readonly output: string;
  /** Nodes after the first. */
  readonly fused: readonly Node[];
}

const withClamp: ReadonlySet<Node['op']> = new Set([
  'conv',
  'linear',
  'add',
  'subtract',
  'multiply',
  'divide',
  'minimum',
  'maximum',
  'power',
  'batchNorm',
]);

function clampOf(node: Node): Clamp | undefined {
  if (node.op === 'relu') return { minimum: 0, maximum: Infinity };
  if (node.op !== 'clip') return undefined;
  const { minimum, maximum } = node.attributes;
  return { minimum: minimum ?? -Infinity, maximum: maximum ?? Infinity };
}

function sameQuantization(a: TensorType | undefined, b: TensorType | undefined): boolean {
  const [p, q] = [a?.quantization, b?.quantization];
  return p?.scale === q?.scale && p?.zeroPoint === q?.zeroPoint;
}

/** Who computes and who reads the values of a graph. */
class Uses {
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #readers = new Map<string, Node[]>();
  /** Position of the node that computes a value; -1 for a graph input. */
  readonly #computedAt = new Map<string, number>();
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: Graph, types: ReadonlyMap<string, TensorType>) {
    this.#types = types;
    this.#outputs = new Set(graph.outputs.map((output) => output.name));
    for (const { name } of graph.inputs) this.#computedAt.set(name, -1);
    graph.nodes.forEach((node, i) => {
      for (const name of node.outputs) this.#computedAt.set(name, i);
      for (const name of node.inputs) {
        const readers = this.#readers.get(name);
        if (readers) readers.push(node);
        else this.#readers.set(name, [node]);
      }
    });
  }

  typeOf(value: string): TensorType | undefined {
    return this.#types.get(value);
  }

  /** The clamp that alone reads `value`, if it keeps the quantization. */
  clampAfter(value: string): { readonly node: Node; readonly clamp: Clamp } | undefined {
    const node = this.#onlyReader(value);
    const clamp = node && clampOf(node);
    const keeps = node && sameQuantization(this.typeOf(value), this.typeOf(node.outputs[0] ?? ''));
    return clamp && keeps ? { node, clamp } : undefined;
  }

  /** The addition that alone reads `value`, if its other operand is alike and computed before position `index`. */
  additionAfter(value: string, index: number): { readonly node: Node; readonly other: string } | undefined {
    const node = this.#onlyReader(value);
    if (node?.op !== 'add') return undefined;
    const [a = '', b = ''] = node.inputs;
    const other = a === value ? b : a;
    const [own, type] = [this.typeOf(value), this.typeOf(other)];
    if (other === value || !own || own.dtype !== type?.dtype || !sameShape(own.shape, type.shape))
      return undefined;
    return (this.#computedAt.get(other) ?? index) < index ? { node, other } : undefined;
  }

  /** The node that alone reads `value`, if it quantizes it. */
  quantizeAfter(value: string): Node | undefined {
    const node = this.#onlyReader(value);
    return node?.op === 'quantize' ? node : undefined;
  }

  /** The one node that reads a value which is no graph output; undefined if there are more readers or none. */
  #onlyReader(value: string): Node | undefined {
    const readers = this.#readers.get(value) ?? [];
    return readers.length === 1 && !this.#outputs.has(value) ? readers[0] : undefined;
  }
}

/** Whether the kernel of a node can quantize its f32 result. */
const takesQuantize = (node: Node): boolean => node.op === 'layerNorm';

/** Whether the kernel of a node can add a residual that lies in memory as its own result does. */
function takesResidual(node: Node, own: TensorType | undefined): boolean {
  return node.op === 'conv' || (node.op === 'linear' && own !== undefined && isRowMajor(own.shape));
}

/** A node with all that can run in its epilogue. An f32 epilogue clamps once, an integer one before and after a sum. */
function fuseNode(node: Node, index: number, uses: Uses): FusedNode {
  const [value = ''] = node.outputs;
  const type = uses.typeOf(value);
  const quantize = takesQuantize(node) ? uses.quantizeAfter(value) : undefined;
  if (quantize) return { node, clamp: unbounded, output: quantize.outputs[0] ?? '', fused: [quantize] };
  const own = withClamp.has(node.op) ? uses.clampAfter(value) : undefined;
  const result = own?.node.outputs[0] ?? value;
  const alone = { node, clamp: own?.clamp ?? unbounded, output: result, fused: own ? [own.node] : [] };
  if (!takesResidual(node, type) || (own && type?.dtype !== 'u8')) return alone;
  const addition = uses.additionAfter(result, index);
  if (!addition) return alone;
  const [sum = ''] = addition.node.outputs;
  const last = uses.clampAfter(sum);
  return {
    ...alone,
    residual: { value: addition.other, sum, clamp: last?.clamp ?? unbounded },
    output: last?.node.outputs[0] ?? sum,
    fused: [...alone.fused, addition.node, ...(last ? [last.node] : [])],
  };
}

/** Groups nodes with what can run in their epilogues: clamps, and the addition of a value computed before. */
export function fuse(graph: Graph, types: ReadonlyMap<string, TensorType>): readonly FusedNode[] {
  const uses = new Uses(graph, types);
  const taken = new Set<Node>();
  const groups: FusedNode[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    if (taken.has(node)) continue;
    const group = fuseNode(node, index, uses);
    for (const next of group.fused) taken.add(next);
    groups.push(group);
  }
  return groups;
}
