import { pack } from '../../format/spikelet.js';
import type { Graph } from '../../graph/graph.js';
import { load } from '../../index.js';

const channels = 32;
const size = 32;
const kernel = 3;
const runs = 5;

/** One convolution of 32 channels over 32 x 32 pixels. */
const graph = (): Graph => ({
  name: 'speed',
  inputs: [{ name: 'x', type: { dtype: 'f32', shape: [1, channels, size, size] } }],
  outputs: [{ name: 'y' }],
  constants: new Map([
    [
      'weight',
      {
        dtype: 'f32',
        shape: [channels, channels, kernel, kernel],
        data: new Float32Array(channels * channels * kernel * kernel).fill(0.01),
      },
    ],
  ]),
  nodes: [
    {
      ...{ op: 'conv', name: 'y', inputs: ['x', 'weight'], outputs: ['y'] },
      attributes: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
    },
  ],
});

/** Multiply-accumulates a second of a small convolution on this machine: the median of a few runs. */
export async function measureSpeed(): Promise<number> {
  const model = await load(pack(graph()));
  try {
    const { medianMs } = await model.profile({ x: new Float32Array(channels * size * size) }, { runs });
    return (channels * channels * kernel * kernel * size * size) / (medianMs / 1000);
  } finally {
    model.close();
  }
}
