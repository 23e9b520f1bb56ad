import { describe, expect, test } from 'vitest';
import { quantization } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { failure, float, integer, withNode } from './invalid.js';

describe('names', () => {
  test.each<[string, Graph, string]>([
    ['no inputs', { ...float, inputs: [] }, 'graph: needs at least one input and one output'],
    ['no outputs', { ...float, outputs: [] }, 'graph: needs at least one input and one output'],
    [
      'a node name twice',
      withNode('sum', { name: 'conv' }),
      "graph: the name 'conv' is given to more than one node",
    ],
    [
      'a value name twice',
      withNode('sum', { outputs: ['conv'] }),
      "graph: the name 'conv' is given to more than one value",
    ],
    [
      'a node that hides an input',
      withNode('sum', { outputs: ['x'] }),
      "graph: the name 'x' is given to more than one value",
    ],
    ['a node without a name', withNode('sum', { name: '' }), 'graph: a node has no name'],
    ['an output twice', { ...float, outputs: [...float.outputs, ...float.outputs] }, 'more than one output'],
    [
      'an unknown output',
      { ...float, outputs: [{ name: 'nowhere' }] },
      "output 'nowhere': is no input, constant or node output of the graph",
    ],
    [
      'an unknown node input',
      withNode('relu', { inputs: ['nowhere'] }),
      "node 'relu' (relu): input 'nowhere' is no input, constant or node output of the graph",
    ],
    [
      'nodes out of order',
      { ...float, nodes: [...float.nodes].reverse() },
      "node 'logits' (linear): input 'flat' is not computed before it is used",
    ],
    [
      'a node that reads itself',
      withNode('relu', { inputs: ['relu'] }),
      "node 'relu' (relu): input 'relu' is not computed before it is used",
    ],
    [
      'constants that are no map',
      { ...float, constants: {} as Graph['constants'] },
      'constants must be a Map',
    ],
  ])('%s', (_what, graph, message) => {
    expect(failure(graph)).toContain(message);
  });
});

describe('nodes', () => {
  test.each<[string, Graph, string]>([
    [
      'an unknown operation',
      withNode('relu', { op: 'reluu' }),
      "node 'relu' (reluu): this version has no such operation",
    ],
    [
      'an operation named as a method of all objects',
      withNode('relu', { op: 'toString' }),
      'this version has no such operation',
    ],
    [
      'too many inputs',
      withNode('relu', { inputs: ['sum', 'sum'] }),
      "node 'relu' (relu): takes 1 inputs, got 2",
    ],
    ['too few inputs', withNode('conv', { inputs: ['x'] }), 'takes 2 to 3 inputs, got 1'],
    ['a required input left out', withNode('conv', { inputs: ['x', ''] }), 'input 1 is missing'],
    ['too many outputs', withNode('relu', { outputs: ['relu', 'other'] }), 'has 1 outputs, got 2 names'],
    [
      'an unknown attribute',
      withNode('conv', { attributes: { stride: [1, 1] } }),
      "node 'conv' (conv): unknown attribute 'stride' (known: strides, pads, dilations, groups)",
    ],
    [
      'a wrong attribute',
      withNode('conv', { attributes: { strides: [0, 1] } }),
      "node 'conv' (conv): attribute 'strides' must be 2 or 3 integers from 1",
    ],
    [
      'an attribute that is missing',
      withNode('flat', { attributes: {} }),
      "node 'flat' (reshape): attribute 'shape' must be",
    ],
    [
      'a default that is left out',
      withNode('conv', { attributes: { strides: [1, 1], pads: [0, 0, 0, 0], groups: 1 } }),
      "node 'conv' (conv): attribute 'dilations' is missing",
    ],
    [
      'shapes that do not fit',
      withNode('logits', { inputs: ['x', 'fc'] }),
      "node 'logits' (linear): input [1, 1, 2, 2] and weight [2, 1] do not fit together",
    ],
    [
      'a quantization on f32',
      withNode('relu', { quantization: quantization(1, 0) }),
      "node 'relu' (relu): has a quantization, but its output is f32",
    ],
    [
      'no quantization on u8',
      withNode('sum', { quantization: undefined }, integer),
      "node 'sum' (add): a u8 output needs a quantization",
    ],
    [
      'a scale of 0',
      withNode('sum', { quantization: { scale: 0, zeroPoint: 0 } }, integer),
      "node 'sum' (add): quantization scale must be a positive, normal, finite f32, got 0",
    ],
    [
      'a scale that is no f32',
      withNode('sum', { quantization: { scale: 0.1, zeroPoint: 0 } }, integer),
      'must be a positive, normal, finite f32, got 0.1',
    ],
    [
      'a scale that is not a number',
      withNode('sum', { quantization: { scale: Number.NaN, zeroPoint: 0 } }, integer),
      'must be a positive, normal, finite f32, got NaN',
    ],
    [
      'a zero point beyond u8',
      withNode('sum', { quantization: { scale: 1, zeroPoint: 256 } }, integer),
      "node 'sum' (add): quantization zero point must be an integer from 0 to 255, got 256",
    ],
    [
      'scales too far apart',
      withNode('sum', { quantization: { scale: 2 ** -100, zeroPoint: 0 } }, integer),
      "node 'sum' (add): input scale 0.5 and output scale",
    ],
  ])('%s', (_what, graph, message) => {
    expect(failure(graph)).toContain(message);
  });
});
