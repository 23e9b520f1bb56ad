import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';
import type { Constant } from '../../graph/tensor.js';

const steps = 3;
const channels = 12;
const side = 4;

const number = (value: number): Constant => ({ dtype: 'f32', shape: [1], data: Float32Array.of(value) });

const weightShape = [channels, channels, 3, 3];
const weightCount = channels * channels * 9;

/** Weights of all values that so many bits have in kernels. */
function integerWeight(bits: 8 | 4 | 2): Constant {
  const greatest = 2 ** (bits - 1) - 1;
  const data = Int8Array.from({ length: weightCount }, (_, i) => ((i * 37) % (2 * greatest + 1)) - greatest);
  const scales = Float32Array.from({ length: channels }, (_, i) => (1 + 0.1 * i) / greatest);
  return { dtype: 'i8', shape: weightShape, data, quantization: { bits, scales, axis: 0 } };
}

const conv = (input: string, name: string): Node => ({
  ...{ op: 'conv', name, inputs: [input, `${name}.weight`], outputs: [name] },
  attributes: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
});

const lif = (input: string, name: string): Node => ({
  ...{ op: 'lif', name, inputs: [input, 'threshold', 'leak'], outputs: [name] },
  attributes: {
    ...{ steps: 0, reset: 'subtract', resetValue: 0, delayedReset: false },
    ...{ once: false, refractory: 0, inclusive: false, samples: 1 },
  },
});

/** Spikes through convolutions of every width, with neurons between them. */
export function spikingAnswerGraph(): Graph {
  const floats = Float32Array.from({ length: weightCount }, (_, i) => (((i * 29) % 64) - 31) / 37);
  return {
    name: 'known answer of spikes',
    inputs: [
      {
        name: 'x',
        type: { dtype: 'u8', shape: [steps, channels, side, side], quantization: { scale: 1, zeroPoint: 0 } },
      },
    ],
    outputs: [{ name: 'y' }],
    constants: new Map<string, Constant>([
      ['threshold', number(0.7)],
      ['leak', number(0.9)],
      ['wide.weight', integerWeight(8)],
      ['half.weight', integerWeight(4)],
      ['narrow.weight', integerWeight(2)],
      ['real.weight', { dtype: 'f32', shape: weightShape, data: floats }],
    ]),
    nodes: [
      conv('x', 'wide'),
      lif('wide', 'first'),
      conv('first', 'half'),
      lif('half', 'second'),
      conv('second', 'narrow'),
      lif('narrow', 'third'),
      conv('third', 'real'),
      {
        ...{ op: 'integrate', name: 'all', inputs: ['real', 'leak'], outputs: ['all'] },
        attributes: { steps: 0, output: 'all', samples: 1 },
      },
      {
        ...{ op: 'threshold', name: 'y', inputs: ['all', 'threshold'], outputs: ['y'] },
        attributes: { inclusive: false },
      },
    ],
  };
}

export const spikingAnswerInput = (): Uint8Array =>
  Uint8Array.from({ length: steps * channels * side * side }, (_, i) => ((i * 7919) % 3) & 1);

/** FNV-1a hash of the output that the reference computes. */
export const spikingAnswer = 2508228556;
