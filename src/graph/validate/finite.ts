import { type InputType, rejectNode } from '../operation.js';
import type { Node } from '../ops/table.js';

/** Inputs whose numbers must be finite for the result to be the same however it is computed. */
function finiteInputs(node: Node, inputs: readonly (InputType | undefined)[]): readonly number[] {
  switch (node.op) {
    case 'lif':
      return [1, 2, 3, 4];
    case 'integrate':
    case 'threshold':
      return [1];
    case 'conv':
    case 'linear':
      return inputs[0]?.dtype === 'u8' ? [1, 2] : [];
    default:
      return [];
  }
}

/** Refuses infinite parameters of neurons, and infinite weights over u8 values: a kernel may skip products with zero. */
export function checkFinite(node: Node, inputs: readonly (InputType | undefined)[]): void {
  for (const index of finiteInputs(node, inputs)) {
    const data = inputs[index]?.constant?.data;
    if (!(data instanceof Float32Array)) continue;
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      rejectNode(node, `element ${bad} of input ${index} is ${data[bad]}, expected a finite number`);
  }
}
