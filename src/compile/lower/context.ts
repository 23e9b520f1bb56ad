import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import type { InputType } from '../../graph/operation.js';
import type { Node } from '../../graph/ops/table.js';
import { quantize } from '../../graph/quantized.js';
import { type Constant, elementCount, type Quantization, type TensorType } from '../../graph/tensor.js';
import { inputTypes } from '../../graph/types.js';
import type { FamilyLowerings } from '../families.js';
import type { Clamp, FusedNode } from '../fuse.js';
import { bytesOfType, isRowMajor, physicalOrder, physicalShape, physicalStrides } from '../layout.js';
import type { Target } from '../plan.js';
import { type Pointer, type Program, pointer } from '../program.js';
import { copyStrided } from './strided.js';

/** A value as it lies in memory. */
export interface Value {
  readonly name: string;
  readonly type: TensorType;
  readonly at: Pointer;
}

/** Decisions that tests and benchmarks take from the compiler. */
export interface Choices {
  /** Those that are loaded: without them no kernel of their families is called. */
  readonly lowerings?: FamilyLowerings;
  /** Compute u8 convolutions without groups in this way wherever it is possible, or never by non-zero weights. */
  readonly sparse?: 'irregular' | 'grouped' | 'gathered' | 'never';
  /** Go through lists of spikes whatever their number, or never. */
  readonly events?: 'always' | 'never';
  /** Compute neurons in calls of their own, or with the layer before wherever it is possible. */
  readonly neurons?: 'apart' | 'together';
  /** Keep what neurons remember from run to run. */
  readonly stateful?: boolean;
  /** Most bytes that weights and tables may take. */
  readonly memoryLimit?: number;
}

/** What lowering a model has at hand. */
export interface Context {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly target: Target;
  readonly choices: Choices;
  readonly program: Program;
  /** Values that are in memory by now, in their physical layout. */
  readonly values: Map<string, Value>;
  /** Graph inputs as they are copied in, row-major. */
  readonly ports: ReadonlyMap<string, Value>;
}

/** Turns a node (with its epilogue) into kernel calls and records its outputs in `context.values`. */
export type Lowering<N extends Node = Node> = (context: Context, fused: FusedNode<N>) => void;

export function internal(message: string): never {
  throw new SpikeletError('internal', message);
}

export const spikingLowerings = ({ choices }: Context): NonNullable<FamilyLowerings['spiking']> =>
  choices.lowerings?.spiking ?? internal('the lowerings of spiking networks are not loaded');

export const attentionLowerings = ({ choices }: Context): NonNullable<FamilyLowerings['attention']> =>
  choices.lowerings?.attention ?? internal('the lowerings of transformers are not loaded');

export function unsupported(fused: FusedNode, message: string): never {
  throw new SpikeletError('unsupported', message, { where: `node '${fused.node.name}' (${fused.node.op})` });
}

export function typeOf(context: Context, name: string): TensorType {
  return context.types.get(name) ?? internal(`value '${name}' has no type`);
}

export function constantOf(context: Context, name: string | undefined): Constant | undefined {
  return name ? context.graph.constants.get(name) : undefined;
}

/** Input types of the node as its shape rule sees them. */
export const nodeInputs = (context: Context, fused: FusedNode): readonly (InputType | undefined)[] =>
  inputTypes(context.graph, context.types, fused.node);

/** Memory for a node's output. */
export function define(context: Context, name: string): Value {
  const type = typeOf(context, name);
  const value = { name, type, at: pointer(context.program.buffer(name, bytesOfType(type))) };
  context.values.set(name, value);
  return value;
}

/** Records that a value is another one seen differently: no bytes move. */
export function alias(context: Context, name: string, at: Pointer): void {
  context.values.set(name, { name, type: typeOf(context, name), at });
}

/** The node's input at `index` in its physical layout; constants and graph inputs are brought in on first use. */
export function use(context: Context, fused: FusedNode, index: number): Value {
  const name = fused.node.inputs[index];
  return name ? useValue(context, name) : internal(`node '${fused.node.name}' lacks input ${index}`);
}

export function useValue(context: Context, name: string): Value {
  const known = context.values.get(name);
  if (known) return known;
  const constant = context.graph.constants.get(name);
  if (constant) return placeConstant(context, name, constant);
  const port = context.ports.get(name) ?? internal(`value '${name}' is used before it is computed`);
  if (isRowMajor(port.type.shape)) {
    context.values.set(name, port);
    return port;
  }
  const value = define(context, name);
  copyStrided(context, port.at, value, physicalShape(port.type.shape), rowMajorStrides(port.type.shape));
  return value;
}

/** Strides of a row-major value, listed in the order of its physical dimensions. */
function rowMajorStrides(shape: readonly number[]): readonly number[] {
  const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  return physicalOrder(shape.length).map((axis) => strides[axis] ?? 0);
}

function placeConstant(context: Context, name: string, constant: Constant): Value {
  const type: TensorType = { dtype: constant.dtype, shape: constant.shape };
  const data = constant.data.slice();
  const strides = physicalStrides(constant.shape);
  const walk = (axis: number, from: number, to: number): number => {
    if (axis === constant.shape.length) {
      data[to] = constant.data[from] ?? 0;
      return from + 1;
    }
    let next = from;
    for (let i = 0; i < (constant.shape[axis] ?? 0); i++)
      next = walk(axis + 1, next, to + i * (strides[axis] ?? 0));
    return next;
  };
  if (!isRowMajor(constant.shape)) walk(0, 0, 0);
  const value = { name, type, at: context.program.constant(name, data) };
  context.values.set(name, value);
  return value;
}

export function quantizationOf(value: { readonly type: TensorType; readonly name: string }): Quantization {
  return value.type.quantization ?? internal(`value '${value.name}' has no quantization`);
}

/** Bounds of quantized values that hold the real bounds of a clamp. */
export function integerClamp(clamp: Clamp, quantization: Quantization): { minimum: number; maximum: number } {
  return {
    minimum: clamp.minimum === -Infinity ? 0 : quantize(clamp.minimum, quantization),
    maximum: clamp.maximum === Infinity ? 255 : quantize(clamp.maximum, quantization),
  };
}
