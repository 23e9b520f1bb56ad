import { conv1d, conv2d } from './convolution.js';
import { delay, flatten } from './movement.js';
import { neurons, threshold } from './neurons.js';
import { avgPool2d, sumPool2d } from './pooling.js';
import type { Primitive } from './primitive.js';
import { affine, linearOnly, scale } from './weighted.js';

/** Every type of node that computes something, in the order of the documentation. */
export const primitives: Readonly<Record<string, Primitive>> = {
  Affine: affine,
  Linear: linearOnly,
  Scale: scale,
  Conv1d: conv1d,
  Conv2d: conv2d,
  SumPool2d: sumPool2d,
  AvgPool2d: avgPool2d,
  Flatten: flatten,
  Delay: delay,
  Threshold: threshold,
  ...neurons,
};

/** Types of nodes that make up the graph itself. */
export const structure: Readonly<Record<string, string>> = {
  Input: 'an input [steps, ...] of the graph; in a nested graph, where its edges begin',
  Output: 'an output [steps, ...] of the graph; in a nested graph, where its edges end',
  NIRGraph: 'a graph within the graph, dissolved; it must have one Input and one Output',
};
