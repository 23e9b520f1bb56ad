import { SpikeletError } from '../error.js';
import type { AttributeSchema, AttributesOf } from './attributes.js';
import type { Constant, Quantization, Tensor, TensorType } from './tensor.js';

/** A node of a graph: one member of the union that the operations' files make up. */
export interface NodeOf<Op extends string, Attributes> {
  readonly op: Op;
  readonly name: string;
  /** Names of values; `''` for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** Quantization of the outputs, present exactly when they are `u8` and the rule does not pass the input's on. */
  readonly quantization?: Quantization;
}

export type AnyNode = NodeOf<string, object>;

/** Type of an input that is given, or of a constant one together with its value. */
export interface InputType extends TensorType {
  readonly constant?: Constant;
}

/** What a run of a node costs. */
export interface Cost {
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Neurons of a spiking layer. */
  readonly neurons?: number;
}

/**
 * What an operation is: everything about it except its plain reference, which is a separate export of the same
 * file, and its description, so that the runtime does not carry them.
 */
export interface Operation<N extends AnyNode> {
  readonly op: N['op'];
  /** Least and greatest number of inputs. */
  readonly arity: readonly [least: number, greatest: number];
  readonly schema: AttributeSchema;
  /** Output types; throws `invalid-model` for inputs that do not fit. `undefined` = optional input left out. */
  infer(node: N, inputs: readonly (InputType | undefined)[]): readonly TensorType[];
  cost(node: N, inputs: readonly (InputType | undefined)[], outputs: readonly TensorType[]): Cost;
}

/** Input of a reference: a value with its quantization if it is `u8`, or a constant with its own. */
export interface ReferenceInput extends Tensor {
  readonly type: TensorType;
  readonly constant?: Constant;
}

/** The operation in plain TypeScript: the specification that every kernel is compared with. */
export type Reference<N extends AnyNode> = (
  node: N,
  inputs: readonly (ReferenceInput | undefined)[],
  outputs: readonly TensorType[],
) => readonly Tensor[];

export function defineOperation<Op extends string, Schema extends AttributeSchema>(definition: {
  readonly op: Op;
  readonly arity: readonly [number, number];
  readonly schema: Schema;
  readonly infer: Operation<NodeOf<Op, AttributesOf<Schema>>>['infer'];
  readonly cost?: Operation<NodeOf<Op, AttributesOf<Schema>>>['cost'];
}): Operation<NodeOf<Op, AttributesOf<Schema>>> & { readonly schema: Schema } {
  return { cost: () => ({ macs: 0 }), ...definition };
}

/** Throws `invalid-model` that names the node. */
export function rejectNode(node: AnyNode, message: string): never {
  throw new SpikeletError('invalid-model', message, { where: `node '${node.name}' (${node.op})` });
}

/** The input at `index`, which the operation cannot do without. */
export function required<T>(node: AnyNode, inputs: readonly (T | undefined)[], index: number): T {
  return inputs[index] ?? rejectNode(node, `input ${index} is missing`);
}
