import type { Graph } from '../../../graph/graph.js';
import type { Node, NodeFor, OperationName } from '../../../graph/ops/table.js';
import { type Constant, elementCount } from '../../../graph/tensor.js';
import { inferTypes } from '../../../graph/types.js';
import { consumersOf, freshNames, isOutput, producersOf, replaceNodes } from '../../edits.js';

/** What is looked up while a pattern is matched. */
interface Look {
  readonly graph: Graph;
  readonly producers: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
}

/** The node that computes a value, if it is of the given operation. */
function made<Op extends OperationName>({ producers }: Look, name: string, op: Op): NodeFor<Op> | undefined {
  const node = producers.get(name);
  return node?.op === op ? (node as NodeFor<Op>) : undefined;
}

/** Operands of a node of two inputs of which one is a constant. */
function withConstant(
  { graph }: Look,
  node: Node | undefined,
): { value: string; constant: Constant } | undefined {
  const [a = '', b = ''] = node?.inputs ?? [];
  const constant = graph.constants.get(b) ?? graph.constants.get(a);
  return constant ? { value: graph.constants.has(b) ? a : b, constant } : undefined;
}

/** The value that a node squares. */
function squared(look: Look, name: string): string | undefined {
  const product = made(look, name, 'multiply');
  if (product) return product.inputs[0] === product.inputs[1] ? product.inputs[0] : undefined;
  const power = made(look, name, 'power');
  const exponent = look.graph.constants.get(power?.inputs[1] ?? '');
  return exponent?.data.length === 1 && exponent.data[0] === 2 ? power?.inputs[0] : undefined;
}

interface Normalized {
  readonly x: string;
  readonly axes: readonly number[];
  readonly epsilon: number;
}

/** What `(x - mean) / sqrt(variance + epsilon)` normalizes. */
function normalized(look: Look, division: NodeFor<'divide'>): Normalized | undefined {
  const [difference = '', deviation = ''] = division.inputs;
  const root = made(look, deviation, 'sqrt');
  const sum = withConstant(look, made(look, root?.inputs[0] ?? '', 'add'));
  const variance = made(look, sum?.value ?? '', 'reduceMean');
  const centred = made(look, difference, 'subtract');
  const mean = made(look, centred?.inputs[1] ?? '', 'reduceMean');
  const fits =
    sum?.constant.data.length === 1 &&
    variance?.attributes.keepDimensions &&
    mean?.attributes.keepDimensions &&
    mean.inputs[0] === centred?.inputs[0] &&
    squared(look, variance.inputs[0] ?? '') === difference &&
    variance.attributes.axes.toSorted().join() === mean.attributes.axes.toSorted().join();
  const x = mean?.inputs[0];
  if (!fits || x === undefined) return undefined;
  return { x, axes: mean?.attributes.axes ?? [], epsilon: sum?.constant.data[0] ?? 0 };
}

/** The node of the given operation that alone reads a value, and its constant of `count` elements. */
function factorAfter(look: Look, name: string, op: 'multiply' | 'add', count: number) {
  const [node, ...others] = look.consumers.get(name) ?? [];
  const operands = node?.op === op && others.length === 0 ? withConstant(look, node) : undefined;
  const isOwn = operands?.constant.data.length === count && !isOutput(look.graph, name);
  return node && operands && isOwn ? { node, constant: operands.constant } : undefined;
}

/** Puts one node in place of layer normalizations that are written out as means, differences and roots. */
export function nameLayerNorms(graph: Graph): Graph {
  const types = inferTypes(graph);
  const look: Look = { graph, producers: producersOf(graph), consumers: consumersOf(graph) };
  const fresh = freshNames(graph);
  const replacements = new Map<Node, readonly Node[]>();
  const constants = new Map<string, Constant>();
  for (const division of graph.nodes) {
    const found = division.op === 'divide' ? normalized(look, division) : undefined;
    const shape = types.get(found?.x ?? '')?.shape ?? [];
    const first = shape.length - (found?.axes.length ?? 0);
    if (!found || found.axes.some((axis) => axis < first)) continue;
    const own = shape.slice(first);
    const count = elementCount(own);
    const scale = factorAfter(look, division.outputs[0] ?? '', 'multiply', count);
    const scaled = scale?.node ?? division;
    const bias = factorAfter(look, scaled.outputs[0] ?? '', 'add', count);
    const last = bias?.node ?? scaled;
    const inputs = [found.x, fresh(`${last.name}.scale`)];
    const ones = new Float32Array(count).fill(1);
    constants.set(inputs[1] ?? '', { dtype: 'f32', shape: own, data: scale?.constant.data ?? ones });
    if (bias) {
      const name = fresh(`${last.name}.bias`);
      constants.set(name, { dtype: 'f32', shape: own, data: bias.constant.data });
      inputs.push(name);
    }
    const attributes = { axis: first, epsilon: found.epsilon };
    replacements.set(last, [{ op: 'layerNorm', name: last.name, inputs, outputs: last.outputs, attributes }]);
  }
  return replaceNodes(graph, replacements, constants);
}
