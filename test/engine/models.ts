import {
  knownAnswer,
  knownAnswerGraph,
  knownAnswerInput,
} from '../../src/engine/kernels/known-answer-graph.js';
import { pack } from '../../src/format/spikelet.js';
import type { Graph } from '../../src/graph/graph.js';

/** A small integer model, its input and the hash of its output. */
export const smallGraph = knownAnswerGraph();
export const smallInput = knownAnswerInput();
export const smallAnswer = knownAnswer;
export const smallFile = pack(smallGraph);

const floatGraph: Graph = {
  name: 'float',
  inputs: [{ name: 'image', type: { dtype: 'f32', shape: [1, 3, 4, 4] } }],
  outputs: [{ name: 'scores' }],
  constants: new Map(),
  nodes: [{ op: 'relu', name: 'relu', inputs: ['image'], outputs: ['scores'], attributes: {} }],
};

/** A small model that takes floats, as most do. */
export const floatFile = pack(floatGraph);

const side = 96;
const channels = 64;

/** A model of many layers that takes long enough to be interrupted: f32 convolutions in a row. */
export const slowGraph: Graph = {
  name: 'slow',
  inputs: [{ name: 'x', type: { dtype: 'f32', shape: [1, channels, side, side] } }],
  outputs: [{ name: 'v12' }],
  constants: new Map([
    [
      'weight',
      {
        dtype: 'f32',
        shape: [channels, channels, 3, 3],
        data: new Float32Array(channels * channels * 9).fill(0.001),
      },
    ],
  ]),
  nodes: Array.from({ length: 12 }, (_, i) => ({
    op: 'conv',
    name: `conv${i + 1}`,
    inputs: [i === 0 ? 'x' : `v${i}`, 'weight'],
    outputs: [`v${i + 1}`],
    attributes: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
  })),
};

export const slowInput = new Float32Array(channels * side * side).fill(1);
