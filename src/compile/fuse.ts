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
const withResidual: ReadonlySet<Node['op']> = new Set(['conv', 'linear']);

interface Consumers {
  /** The one node that reads a value which is no graph output; undefined if there are more readers or none. */
  only(name: string): Node | undefined;
}

function consumersOf(graph: Graph): Consumers {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const outputs = new Set(graph.outputs.map((output) => output.name));
  return {
    only(name) {
      const list = readers.get(name) ?? [];
      return list.length === 1 && !outputs.has(name) ? list[0] : undefined;
    },
  };
}

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

/** Groups nodes with what can run in their epilogues: clamps, and the addition of a value computed before. */
export function fuse(graph: Graph, types: ReadonlyMap<string, TensorType>): readonly FusedNode[] {
  const consumers = consumersOf(graph);
  const position = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const name of node.outputs) position.set(name, i);
  });
  const taken = new Set<Node>();

  /** The clamp that alone reads `value`, if it keeps the quantization. */
  const clampAfter = (value: string): { readonly node: Node; readonly clamp: Clamp } | undefined => {
    const node = consumers.only(value);
    const clamp = node && clampOf(node);
    if (!node || !clamp || !sameQuantization(types.get(value), types.get(node.outputs[0] ?? '')))
      return undefined;
    return { node, clamp };
  };

  /** The addition that alone reads `value`, if its other operand is ready when the node at `index` runs. */
  const additionAfter = (
    value: string,
    index: number,
  ): { readonly node: Node; readonly other: string } | undefined => {
    const node = consumers.only(value);
    if (node?.op !== 'add') return undefined;
    const other = node.inputs[0] === value ? node.inputs[1] : node.inputs[0];
    const otherType = other === undefined ? undefined : types.get(other);
    const ownType = types.get(value);
    if (other === undefined || other === value || !otherType || !ownType) return undefined;
    if (graph.nodes[index]?.op === 'linear' && !isRowMajor(ownType.shape)) return undefined;
    const ready =
      graph.inputs.some((input) => input.name === other) || (position.get(other) ?? Infinity) < index;
    return ready && otherType.dtype === ownType.dtype && sameShape(otherType.shape, ownType.shape)
      ? { node, other }
      : undefined;
  };

  return graph.nodes.flatMap((node, index): FusedNode[] => {
    if (taken.has(node)) return [];
    let output = node.outputs[0] ?? '';
    const fused: Node[] = [];
    const take = (next: Node): void => {
      taken.add(next);
      fused.push(next);
      output = next.outputs[0] ?? '';
    };
    const own = withClamp.has(node.op) ? clampAfter(output) : undefined;
    const isInteger = types.get(output)?.dtype === 'u8';
    if (own) take(own.node);
    const addition =
      withResidual.has(node.op) && (isInteger || !own) ? additionAfter(output, index) : undefined;
    if (!addition) return [{ node, clamp: own?.clamp ?? unbounded, output, fused }];
    take(addition.node);
    const sum = output;
    const last = clampAfter(sum);
    if (last) take(last.node);
    const residual: Residual = { value: addition.other, sum, clamp: last?.clamp ?? unbounded };
    return [{ node, clamp: own?.clamp ?? unbounded, residual, output, fused }];
  });
}
