import { SpikeletError } from '../../src/error.js';
import type { Node, NodeFor, OperationName } from '../../src/graph/ops/table.js';
import type { TensorType } from '../../src/graph/tensor.js';
import type { AttributeValue } from './messages.js';

/** What a writer may ask about the node's surroundings, and where it puts small constants of its own. */
export interface WriterContext {
  /** Types of the node's inputs, then of its first output. */
  readonly inputTypes: readonly (TensorType | undefined)[];
  readonly outputType: TensorType;
  /** Adds an int64 initializer; returns its name. */
  integers(role: string, values: readonly number[]): string;
  /** Adds an f32 scalar; returns its name. */
  scalar(role: string, value: number): string;
}

/** An operator in real numbers. `inputs` holds names of values in the order that ONNX wants. */
export interface Operator {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

type Writer<Op extends OperationName> = (
  node: NodeFor<Op>,
  inputs: readonly string[],
  context: WriterContext,
) => Operator;

const integer = (value: number): AttributeValue => ({ kind: 'integer', value });
const integers = (value: readonly number[]): AttributeValue => ({ kind: 'integers', value });
const float = (value: number): AttributeValue => ({ kind: 'float', value });
const text = (value: string): AttributeValue => ({ kind: 'string', value });

type Attributes<Op extends OperationName> = NodeFor<Op>['attributes'];

/** A writer of an operator that takes the node's inputs as they are. */
const operator =
  <Given extends object>(
    name: string,
    attributes: (given: Given) => NonNullable<Operator['attributes']> = () => ({}),
  ) =>
  (node: { readonly attributes: Given }, inputs: readonly string[]): Operator => ({
    operator: name,
    inputs,
    attributes: attributes(node.attributes),
  });

const arithmetic = {
  add: operator('Add'),
  subtract: operator('Sub'),
  multiply: operator('Mul'),
  divide: operator('Div'),
  minimum: operator('Min'),
  maximum: operator('Max'),
  power: operator('Pow'),
  // In real numbers these three do nothing; the quantized side of their values is written around them.
  quantize: operator('Identity'),
  dequantize: operator('Identity'),
  requantize: operator('Identity'),
};

const functions = {
  abs: operator('Abs'),
  erf: operator('Erf'),
  exp: operator('Exp'),
  log: operator('Log'),
  negate: operator('Neg'),
  relu: operator('Relu'),
  sigmoid: operator('Sigmoid'),
  sqrt: operator('Sqrt'),
  tanh: operator('Tanh'),
  leakyRelu: operator('LeakyRelu', ({ slope }: Attributes<'leakyRelu'>) => ({ alpha: float(slope) })),
  hardSigmoid: operator('HardSigmoid', ({ alpha, beta }: Attributes<'hardSigmoid'>) => ({
    alpha: float(alpha),
    beta: float(beta),
  })),
  softmax: operator('Softmax', ({ axis }: Attributes<'softmax'>) => ({ axis: integer(axis) })),
  logSoftmax: operator('LogSoftmax', ({ axis }: Attributes<'logSoftmax'>) => ({ axis: integer(axis) })),
};

const clip: Writer<'clip'> = ({ attributes: { minimum, maximum } }, inputs, { scalar }) => ({
  operator: 'Clip',
  inputs: [
    ...inputs,
    minimum === null ? '' : scalar('minimum', minimum),
    ...(maximum === null ? [] : [scalar('maximum', maximum)]),
  ],
});

const conv: Writer<'conv'> = ({ attributes }, inputs, { inputTypes }) => ({
  operator: 'Conv',
  inputs,
  attributes: {
    kernel_shape: integers(inputTypes[1]?.shape.slice(2) ?? []),
    strides: integers(attributes.strides),
    pads: integers(attributes.pads),
    dilations: integers(attributes.dilations),
    group: integer(attributes.groups),
  },
});

const linear: Writer<'linear'> = (node, inputs, { inputTypes }) => {
  if (inputTypes[0]?.shape.length !== 2) {
    const where = `node '${node.name}'`;
    throw new SpikeletError('unsupported', 'only a linear of rank 2 can be written as ONNX', { where });
  }
  return { operator: 'Gemm', inputs, attributes: { transB: integer(1) } };
};

type Reduction = NodeFor<'reduceMax' | 'reduceMean' | 'reduceMin' | 'reduceSum'>;

const reduction =
  (name: string) =>
  (node: Reduction, inputs: readonly string[], context: WriterContext): Operator => {
    const { axes, keepDimensions } = node.attributes;
    const keepdims = integer(keepDimensions ? 1 : 0);
    // In opset 13 the sum alone takes its axes as an input.
    return node.op === 'reduceSum'
      ? { operator: name, inputs: [...inputs, context.integers('axes', axes)], attributes: { keepdims } }
      : { operator: name, inputs, attributes: { keepdims, axes: integers(axes) } };
  };

const layers = {
  clip,
  conv,
  linear,
  matmul: operator('MatMul'),
  batchNorm: operator('BatchNormalization', ({ epsilon }: Attributes<'batchNorm'>) => ({
    epsilon: float(epsilon),
  })),
  globalAveragePool: operator('GlobalAveragePool'),
  maxPool: operator('MaxPool', ({ kernel, strides, pads, dilations, roundUp }: Attributes<'maxPool'>) => ({
    kernel_shape: integers(kernel),
    strides: integers(strides),
    pads: integers(pads),
    dilations: integers(dilations),
    ceil_mode: integer(roundUp ? 1 : 0),
  })),
  averagePool: operator(
    'AveragePool',
    ({ kernel, strides, pads, countPadding, roundUp }: Attributes<'averagePool'>) => ({
      kernel_shape: integers(kernel),
      strides: integers(strides),
      pads: integers(pads),
      count_include_pad: integer(countPadding ? 1 : 0),
      ceil_mode: integer(roundUp ? 1 : 0),
    }),
  ),
  layerNorm: operator('LayerNormalization', ({ axis, epsilon }: Attributes<'layerNorm'>) => ({
    axis: integer(axis),
    epsilon: float(epsilon),
  })),
  reduceMax: reduction('ReduceMax'),
  reduceMean: reduction('ReduceMean'),
  reduceMin: reduction('ReduceMin'),
  reduceSum: reduction('ReduceSum'),
};

const reshape: Writer<'reshape'> = ({ attributes: { shape } }, inputs, context) => ({
  operator: 'Reshape',
  inputs: [...inputs, context.integers('shape', shape)],
});

const slice: Writer<'slice'> = ({ attributes: { starts, ends, axes, steps } }, inputs, context) => ({
  operator: 'Slice',
  inputs: [
    ...inputs,
    context.integers('starts', starts),
    context.integers('ends', ends.map(withinInt64)),
    context.integers('axes', axes.length > 0 ? axes : starts.map((_, i) => i)),
    context.integers('steps', steps.length > 0 ? steps : starts.map(() => 1)),
  ],
});

/** Sizes far beyond every axis all mean its end; 2^63 itself would not fit. */
const withinInt64 = (index: number): number => Math.min(Math.max(index, -(2 ** 53)), 2 ** 53);

const pad: Writer<'pad'> = ({ attributes: { pads, mode, value } }, inputs, context) => ({
  operator: 'Pad',
  inputs: [...inputs, context.integers('pads', pads), context.scalar('value', value)],
  attributes: { mode: text(mode) },
});

const moves = {
  reshape,
  slice,
  pad,
  transpose: operator('Transpose', ({ permutation }: Attributes<'transpose'>) => ({
    perm: integers(permutation),
  })),
  concat: operator('Concat', ({ axis }: Attributes<'concat'>) => ({ axis: integer(axis) })),
};

/** Operations that can be written. */
const writers: { readonly [Op in OperationName]?: Writer<Op> } = {
  ...arithmetic,
  ...functions,
  ...layers,
  ...moves,
};

/** The ONNX operator of a node, in real numbers. Throws `unsupported` for operations without a writer. */
export function operatorOf(node: Node, inputs: readonly string[], context: WriterContext): Operator {
  // The table ties each writer to its own node type, which the checker cannot follow through an index.
  const write = writers[node.op] as Writer<OperationName> | undefined;
  if (!write) {
    throw new SpikeletError('unsupported', `operation '${node.op}' cannot be written as ONNX`, {
      where: `node '${node.name}'`,
    });
  }
  return write(node, inputs, context);
}
