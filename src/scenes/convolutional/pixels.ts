import type { Node } from '../../graph/ops/table.js';
import { hasState, type Rewriting, refuse } from './rewriting.js';

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
  'threshold',
]);

const elementwise: ReadonlySet<Node['op']> = new Set([
  ...(['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'power'] as const),
]);

/** Whether the pixels along the first axis stay apart, given the rank of the node's output in the patch network. */
function keepsPixels(rewriting: Rewriting, node: Node, rank: number): boolean {
  switch (node.op) {
    case 'reshape':
      return node.attributes.shape[0] === rewriting.typeOf(node, node.inputs[0] ?? '').shape[0];
    case 'lif':
      return node.attributes.samples === 1 && !node.inputs[4];
    case 'integrate':
    case 'delay':
      return node.attributes.samples === 1;
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

/** Whether the first axis of what a node reads is that of what it gives; neurons spread what is the same at every step. */
function keepsSteps(rewriting: Rewriting, node: Node, [steps = 1]: readonly number[]): boolean {
  if (!rewriting.isSpiking) return steps === 1;
  if (hasState(node)) return true;
  const read = node.inputs.filter((name) => rewriting.find(name) !== undefined);
  return read.every((name) => rewriting.typeOf(node, name).shape[0] === steps);
}

/** The node over the patches of all pixels. */
function ofPixels(rewriting: Rewriting, node: Node): Node {
  const { pixels } = rewriting;
  switch (node.op) {
    case 'reshape':
      return { ...node, attributes: { shape: rewriting.pixelShape(node.attributes.shape) } };
    case 'lif':
      return { ...node, attributes: { ...node.attributes, samples: pixels } };
    case 'integrate':
      return { ...node, attributes: { ...node.attributes, samples: pixels } };
    case 'delay':
      return { ...node, attributes: { ...node.attributes, samples: pixels } };
    default:
      return node;
  }
}

/**
 * Computes a node for the patches of all pixels at once, one after the other along the first axis. In spiking networks
 * that is all pixels at the first step, then all at the second, and so on.
 */
export function overPixels(rewriting: Rewriting, node: Node, reason: string): void {
  const values = node.inputs.map((name) => rewriting.find(name));
  const known = values.filter((value) => value !== undefined);
  const shape = rewriting.outputShape(node);
  const fits =
    known.every((value) => rewriting.canBePixels(value)) &&
    keepsSteps(rewriting, node, shape) &&
    keepsPixels(rewriting, node, shape.length);
  if (known.length === 0 || !fits) refuse(node, reason);
  const inputs = values.map((value, i) => (value ? rewriting.asPixels(value).name : (node.inputs[i] ?? '')));
  rewriting.keep(ofPixels(rewriting, node), inputs, { kind: 'pixels' });
}
