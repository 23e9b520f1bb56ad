import type { Operation } from '../operation.js';
import { type AddNode, add } from './add.js';
import { type ConvNode, conv } from './conv.js';
import { type LinearNode, linear } from './linear.js';
import { type ReluNode, relu } from './relu.js';

/** A node of a graph. */
export type Node = AddNode | ConvNode | LinearNode | ReluNode;

export type OperationName = Node['op'];

/** The node type of an operation. */
export type NodeFor<Op extends OperationName> = Extract<Node, { readonly op: Op }>;

type OperationTable = { readonly [Op in OperationName]: Operation<NodeFor<Op>> };

/** Every operation. Validation, documentation, tests and the support table derive from it. */
export const operations: OperationTable = { add, conv, linear, relu };

export const isOperationName = (name: string): name is OperationName => Object.hasOwn(operations, name);
