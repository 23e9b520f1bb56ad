import type { Operation } from '../operation.js';
import type { UnaryOperation } from '../unary.js';
import { type AbsNode, abs } from './abs.js';
import { type AddNode, add } from './add.js';
import { type AttentionNode, attention } from './attention.js';
import { type AveragePoolNode, averagePool } from './averagePool.js';
import { type BatchNormNode, batchNorm } from './batchNorm.js';
import { type ClipNode, clip } from './clip.js';
import { type ConcatNode, concat } from './concat.js';
import { type ConvNode, conv } from './conv.js';
import { type DelayNode, delay } from './delay.js';
import { type DequantizeNode, dequantize } from './dequantize.js';
import { type DivideNode, divide } from './divide.js';
import { type ErfNode, erf } from './erf.js';
import { type ExpNode, exp } from './exp.js';
import { type GatherNode, gather } from './gather.js';
import { type GeluNode, gelu } from './gelu.js';
import { type GlobalAveragePoolNode, globalAveragePool } from './globalAveragePool.js';
import { type HardSigmoidNode, hardSigmoid } from './hardSigmoid.js';
import { type HardSwishNode, hardSwish } from './hardSwish.js';
import { type IntegrateNode, integrate } from './integrate.js';
import { type LayerNormNode, layerNorm } from './layerNorm.js';
import { type LeakyReluNode, leakyRelu } from './leakyRelu.js';
import { type LifNode, lif } from './lif.js';
import { type LinearNode, linear } from './linear.js';
import { type LogNode, log } from './log.js';
import { type LogSoftmaxNode, logSoftmax } from './logSoftmax.js';
import { type MatmulNode, matmul } from './matmul.js';
import { type MaximumNode, maximum } from './maximum.js';
import { type MaxPoolNode, maxPool } from './maxPool.js';
import { type MinimumNode, minimum } from './minimum.js';
import { type MultiplyNode, multiply } from './multiply.js';
import { type NegateNode, negate } from './negate.js';
import { type PadNode, pad } from './pad.js';
import { type PowerNode, power } from './power.js';
import { type QuantizeNode, quantize } from './quantize.js';
import { type ReduceMaxNode, reduceMax } from './reduceMax.js';
import { type ReduceMeanNode, reduceMean } from './reduceMean.js';
import { type ReduceMinNode, reduceMin } from './reduceMin.js';
import { type ReduceSumNode, reduceSum } from './reduceSum.js';
import { type ReluNode, relu } from './relu.js';
import { type RequantizeNode, requantize } from './requantize.js';
import { type ReshapeNode, reshape } from './reshape.js';
import { type ResizeNode, resize } from './resize.js';
import { type SigmoidNode, sigmoid } from './sigmoid.js';
import { type SiluNode, silu } from './silu.js';
import { type SliceNode, slice } from './slice.js';
import { type SoftmaxNode, softmax } from './softmax.js';
import { type SqrtNode, sqrt } from './sqrt.js';
import { type SubtractNode, subtract } from './subtract.js';
import { type SumPoolNode, sumPool } from './sumPool.js';
import { type TanhNode, tanh } from './tanh.js';
import { type ThresholdNode, threshold } from './threshold.js';
import { type TransposeNode, transpose } from './transpose.js';

/** A node that applies a function of one number to every element. */
export type UnaryNode =
  | AbsNode
  | ClipNode
  | ErfNode
  | ExpNode
  | GeluNode
  | HardSigmoidNode
  | HardSwishNode
  | LeakyReluNode
  | LogNode
  | NegateNode
  | ReluNode
  | RequantizeNode
  | SigmoidNode
  | SiluNode
  | SqrtNode
  | TanhNode;

/** A node of a graph. */
export type Node =
  | UnaryNode
  | AddNode
  | AttentionNode
  | AveragePoolNode
  | BatchNormNode
  | ConcatNode
  | ConvNode
  | DelayNode
  | DequantizeNode
  | DivideNode
  | GatherNode
  | GlobalAveragePoolNode
  | IntegrateNode
  | LayerNormNode
  | LifNode
  | LinearNode
  | LogSoftmaxNode
  | MatmulNode
  | MaxPoolNode
  | MaximumNode
  | MinimumNode
  | MultiplyNode
  | PadNode
  | PowerNode
  | QuantizeNode
  | ReduceMaxNode
  | ReduceMeanNode
  | ReduceMinNode
  | ReduceSumNode
  | ReshapeNode
  | ResizeNode
  | SliceNode
  | SoftmaxNode
  | SubtractNode
  | SumPoolNode
  | ThresholdNode
  | TransposeNode;

export type OperationName = Node['op'];

/** The node type of an operation. */
export type NodeFor<Op extends OperationName> = Extract<Node, { readonly op: Op }>;

type UnaryTable = { readonly [Op in UnaryNode['op']]: UnaryOperation<NodeFor<Op>> };

type OperationTable = { readonly [Op in OperationName]: Operation<NodeFor<Op>> };

/** Functions of one number: each has a `functionOf` that references and lookup tables share. */
export const unaryOperations: UnaryTable = {
  abs,
  clip,
  erf,
  exp,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  negate,
  relu,
  requantize,
  sigmoid,
  silu,
  sqrt,
  tanh,
};

/** Every operation. Validation, documentation, tests and the support table derive from it. */
export const operations: OperationTable = {
  ...unaryOperations,
  add,
  attention,
  averagePool,
  batchNorm,
  concat,
  conv,
  delay,
  dequantize,
  divide,
  gather,
  globalAveragePool,
  integrate,
  layerNorm,
  lif,
  linear,
  logSoftmax,
  matmul,
  maxPool,
  maximum,
  minimum,
  multiply,
  pad,
  power,
  quantize,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  reshape,
  resize,
  slice,
  softmax,
  subtract,
  sumPool,
  threshold,
  transpose,
};

export const isOperationName = (name: string): name is OperationName => Object.hasOwn(operations, name);

export const isUnary = (node: Node): node is UnaryNode => Object.hasOwn(unaryOperations, node.op);
