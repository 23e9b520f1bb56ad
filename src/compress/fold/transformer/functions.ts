import type { Graph } from '../../../graph/graph.js';
import { divideMeaning } from '../../../graph/ops/divide.js';
import { gelu } from '../../../graph/ops/gelu.js';
import { powerMeaning } from '../../../graph/ops/power.js';
import { silu } from '../../../graph/ops/silu.js';
import { isUnary, type Node, type UnaryNode, unaryOperations } from '../../../graph/ops/table.js';
import { inferTypes } from '../../../graph/types.js';
import type { UnaryOperation } from '../../../graph/unary.js';
import { replaceNodes } from '../../edits.js';

/** Where functions are compared. */
const points = Array.from({ length: 25 }, (_, i) => (i - 12) / 2);

/** Greatest difference of a function written out in f32 constants from what it is. */
const tolerance = 2e-6;

/** A value as a function of another one, element by element. */
interface Expression {
  readonly source: string;
  /** Its numbers where the source has those of `points`. */
  readonly values: readonly number[];
}

type Combine = (a: number, b: number) => number;

const binary: Readonly<Partial<Record<Node['op'], Combine>>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: divideMeaning.real,
  power: powerMeaning.real,
};

/** The table ties every operation to its own node type, which the type checker cannot follow through an index. */
const functionOf = (node: UnaryNode): ((x: number) => number) =>
  (unaryOperations[node.op] as UnaryOperation<UnaryNode>).functionOf(node);

/** Every value of a graph as a function of one that is no function of another alone. */
function expressionsOf(graph: Graph): ReadonlyMap<string, Expression> {
  const found = new Map<string, Expression>();
  const scalar = (name: string): number | undefined => {
    const constant = graph.constants.get(name);
    return constant?.dtype === 'f32' && constant.data.length === 1 ? constant.data[0] : undefined;
  };
  const expressionOf = (name: string): Expression => found.get(name) ?? { source: name, values: points };
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const [a = '', b = ''] = node.inputs;
    if (isUnary(node)) {
      const { source, values } = expressionOf(a);
      found.set(output, { source, values: values.map(functionOf(node)) });
      continue;
    }
    const combine = binary[node.op];
    if (!combine) continue;
    const numbers = [scalar(a), scalar(b)];
    const sources = [a, b]
      .filter((_, i) => numbers[i] === undefined)
      .map((name) => expressionOf(name).source);
    const [source] = sources;
    if (source === undefined || graph.constants.has(source) || sources.some((other) => other !== source))
      continue;
    const operand = (i: 0 | 1, at: number): number =>
      numbers[i] ?? expressionOf(i === 0 ? a : b).values[at] ?? 0;
    found.set(output, { source, values: points.map((_, at) => combine(operand(0, at), operand(1, at))) });
  }
  return found;
}

const plain = { name: '', inputs: [], outputs: [] };

const known = [
  { op: 'gelu', attributes: { approximate: 'none' } },
  { op: 'gelu', attributes: { approximate: 'tanh' } },
  { op: 'silu', attributes: {} },
] as const;

const expected = [
  gelu.functionOf({ ...plain, ...known[0] }),
  gelu.functionOf({ ...plain, ...known[1] }),
  silu.functionOf({ ...plain, ...known[2] }),
].map((apply) => points.map(apply));

/** Gives functions that exporters write out, such as x / 2 * (1 + erf(x / sqrt(2))), their names. */
export function nameFunctions(graph: Graph): Graph {
  const types = inferTypes(graph);
  const expressions = expressionsOf(graph);
  const replacements = new Map<Node, readonly Node[]>();
  for (const node of graph.nodes) {
    const expression = expressions.get(node.outputs[0] ?? '');
    const isReal = types.get(expression?.source ?? '')?.dtype === 'f32';
    if (!expression || !isReal || (node.op !== 'multiply' && node.op !== 'divide')) continue;
    const which = expected.findIndex((values) =>
      values.every((value, i) => Math.abs(value - (expression.values[i] ?? Number.NaN)) < tolerance),
    );
    const named = known[which];
    if (!named) continue;
    const { name, outputs } = node;
    replacements.set(node, [{ ...named, name, inputs: [expression.source], outputs }]);
  }
  return replaceNodes(graph, replacements);
}
