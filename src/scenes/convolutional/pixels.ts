import type { Node } from '../../graph/ops/table.js';
import { type Rewriting, refuse } from './rewriting.js';

/** Operations that treat every entry of the first axis alike, whatever their attributes. */
const alike: ReadonlySet<Node['op']> = new Set([
  ...(['conv', 'maxPool', 'averagePool', 'sumPool', 'globalAveragePool', 'batchNorm'] as const),
  ...([
    'abs',
    'clip',
    'erf',
    'exp',
    'gelu',
    'hardSigmoid',
    'hardSwish',
    'leakyRelu',
    'log',
    'negate',
  ] as const),
  ...(['relu', 'requantize', 'sigmoid', 'silu', 'sqrt', 'tanh', 'quantize', 'dequantize'] as const),
]);

const elementwise: ReadonlySet<Node['op']> = new Set([
  ...(['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'power'] as const),
]);

/** Whether the pixels along the first axis stay apart, given the rank of the node's output in the patch network. */
function keepsPixels(rewriting: Rewriting, node: Node, rank: number): boolean {
  switch (node.op) {
    case 'reshape':
      return node.attributes.shape[0] === 1;
    case 'transpose':
      return node.attributes.permutation[0] === 0;
    case 'concat':
    case 'softmax':
    case 'logSoftmax':
      return node.attributes.axis > 0;
    case 'slice':
      return node.attributes.axes.length > 0 && !node.attributes.axes.includes(0);
    case 'pad':
      return node.attributes.pads[0] === 0 && node.attributes.pads[rank] === 0;
    case 'reduceMax':
    case 'reduceMean':
    case 'reduceMin':
    case 'reduceSum':
      return !node.attributes.axes.includes(0);
    case 'linear':
      return rank > 1;
    case 'matmul':
      return rank > 2;
    default:
      if (elementwise.has(node.op)) return operandsFit(rewriting, node, rank);
      return alike.has(node.op);
  }
}

/** Every operand has the rank of the result, or is a constant that is the same for all pixels. */
function operandsFit(rewriting: Rewriting, node: Node, rank: number): boolean {
  return node.inputs.every((name) => {
    const constant = rewriting.constants.get(name);
    if (constant) return constant.shape.length < rank || constant.shape[0] === 1;
    return rewriting.typeOf(node, name).shape.length === rank;
  });
}

/** Computes a node for the patches of all pixels at once, one after the other along the first axis. */
export function overPixels(rewriting: Rewriting, node: Node, reason: string): void {
  const values = node.inputs.map((name) => rewriting.find(name));
  const known = values.filter((value) => value !== undefined);
  const shape = rewriting.outputShape(node);
  const fits =
    known.every((value) => rewriting.canBePixels(value)) &&
    shape[0] === 1 &&
    keepsPixels(rewriting, node, shape.length);
  if (known.length === 0 || !fits) refuse(node, reason);
  const inputs = values.map((value, i) => (value ? rewriting.asPixels(value).name : (node.inputs[i] ?? '')));
  const own: Node =
    node.op === 'reshape'
      ? { ...node, attributes: { shape: [rewriting.pixels, ...node.attributes.shape.slice(1)] } }
      : node;
  rewriting.keep(own, inputs, { kind: 'pixels' });
}
