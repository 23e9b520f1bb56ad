import { mapElements, unaryOutput } from '../elementwise.js';
import { defineOperation, type NodeOf, type Reference, required } from '../operation.js';

export type ReluNode = NodeOf<'relu', object>;

/** max(x, 0), f32 or u8. */
export const relu = defineOperation({
  op: 'relu',
  summary: 'max(x, 0)',
  arity: [1, 1],
  schema: {},
  infer: (node, inputs) => [unaryOutput(node, required(node, inputs, 0))],
});

export const reluFunction = (x: number): number => (x > 0 ? x : 0);

export const reluReference: Reference<ReluNode> = (node, inputs, [out]) =>
  mapElements(node, required(node, inputs, 0), out, reluFunction);
