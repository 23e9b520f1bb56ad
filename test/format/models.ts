import type { Graph } from '../../src/graph/graph.js';
import type { Constant, WeightBits } from '../../src/graph/tensor.js';

/** Deterministic numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function quantizedWeight(shape: readonly number[], bits: WeightBits, random: () => number): Constant {
  const count = shape.reduce((n, d) => n * d, 1);
  const limit = 2 ** (bits - 1);
  const scales = Float32Array.from({ length: shape[0] ?? 1 }, () => 0.01 + random() / 50);
  const data = Int8Array.from({ length: count }, () => Math.floor(random() * 2 * limit) - limit);
  return { dtype: 'i8', shape, data, quantization: { bits, scales, axis: 0 } };
}

export function floats(shape: readonly number[], random: () => number): Constant {
  const count = shape.reduce((n, d) => n * d, 1);
  return { dtype: 'f32', shape, data: Float32Array.from({ length: count }, () => random() * 2 - 1) };
}

export const scaled = (scale: number, zeroPoint: number) => ({ scale: Math.fround(scale), zeroPoint });

/** A small network of two integer convolutions and a residual sum; weights of the width given. */
export function integerModel(bits: WeightBits = 4, seed = 1): Graph {
  const random = randomNumbers(seed);
  const bias: Constant = { dtype: 'i32', shape: [3], data: Int32Array.of(-100, 0, 2 ** 20) };
  return {
    name: 'integer model',
    inputs: [
      {
        name: 'image',
        type: { dtype: 'u8', shape: [1, 3, 6, 5], quantization: scaled(0.02, 128) },
        meaning: { kind: 'image', channels: 'rgb', mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.25] },
      },
    ],
    outputs: [{ name: 'sum', meaning: { kind: 'classes', labels: ['cat', 'dög "x"', ''] } }],
    nodes: [
      {
        op: 'conv',
        name: 'first',
        inputs: ['image', 'first.weight', 'bias'],
        outputs: ['first'],
        attributes: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
        quantization: scaled(0.05, 0),
      },
      {
        op: 'conv',
        name: 'second',
        inputs: ['first', 'second.weight'],
        outputs: ['second'],
        attributes: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 3 },
        quantization: scaled(0.04, 7),
      },
      {
        op: 'add',
        name: 'sum',
        inputs: ['first', 'second'],
        outputs: ['sum'],
        attributes: {},
        quantization: scaled(0.06, 3),
      },
    ],
    constants: new Map([
      ['first.weight', quantizedWeight([3, 3, 3, 3], bits, random)],
      ['bias', bias],
      ['second.weight', quantizedWeight([3, 1, 1, 1], 8, random)],
    ]),
  };
}

/** Weights of which a share is not zero: of any level, of those that have a counterpart, or +1 and -1 only. */
export function sparseValues(
  count: number,
  bits: WeightBits,
  density: number,
  seed: number,
  levels: 'all' | 'symmetric' | 'signs',
): Int8Array {
  const random = randomNumbers(seed);
  const greatest = levels === 'signs' ? 1 : 2 ** (bits - 1) - 1;
  const least = levels === 'all' ? greatest + 1 : greatest;
  return Int8Array.from({ length: count }, () => {
    if (random() >= density) return 0;
    const level = Math.floor(random() * (least + greatest)) - least;
    return level >= 0 ? level + 1 : level;
  });
}

/** A fully connected layer of `size` times `size` weights, a share of them not zero. */
export function sparseModel(bits: WeightBits, density: number, seed = 1, size = 256): Graph {
  const scales = new Float32Array(size).fill(0.01);
  const data = sparseValues(size * size, bits, density, seed, 'all');
  return {
    name: 'sparse model',
    inputs: [{ name: 'x', type: { dtype: 'u8', shape: [1, size], quantization: scaled(0.02, 128) } }],
    outputs: [{ name: 'y' }],
    nodes: [
      {
        op: 'linear',
        name: 'fc',
        inputs: ['x', 'w'],
        outputs: ['y'],
        attributes: {},
        quantization: scaled(0.05, 100),
      },
    ],
    constants: new Map([
      ['w', { dtype: 'i8', shape: [size, size], data, quantization: { bits, scales, axis: 0 } }],
    ]),
  };
}

/** A convolution, a relu and a fully connected layer in f32. */
export function floatModel(seed = 2, storage?: 'f16'): Graph {
  const random = randomNumbers(seed);
  const weight = floats([2, 3], random);
  return {
    name: 'float model',
    inputs: [{ name: 'x', type: { dtype: 'f32', shape: [4, 3] } }],
    outputs: [{ name: 'y' }],
    nodes: [
      { op: 'linear', name: 'fc', inputs: ['x', 'w', 'b'], outputs: ['h'], attributes: {} },
      { op: 'relu', name: 'relu', inputs: ['h'], outputs: ['y'], attributes: {} },
    ],
    constants: new Map([
      ['w', storage ? { ...weight, storage } : weight],
      ['b', floats([2], random)],
    ]),
    provenance: { method: 'by hand', data: 'none', accuracy: '0 %' },
  };
}

/** Neurons with a membrane and a state of every kind, after a delay, into integrators. */
export function spikingModel(seed = 5): Graph {
  const random = randomNumbers(seed);
  const number = (value: number): Constant => ({ dtype: 'f32', shape: [1], data: Float32Array.of(value) });
  return {
    name: 'spiking model',
    inputs: [{ name: 'events', type: { dtype: 'u8', shape: [3, 4], quantization: scaled(1, 0) } }],
    outputs: [{ name: 'membrane' }, { name: 'sum' }],
    nodes: [
      {
        op: 'delay',
        name: 'later',
        inputs: ['events', 'delays'],
        outputs: ['later'],
        attributes: { steps: 0, samples: 1 },
      },
      { op: 'linear', name: 'fc', inputs: ['later', 'w'], outputs: ['current'], attributes: {} },
      {
        op: 'lif',
        name: 'neurons',
        inputs: ['current', 'threshold', 'leak', '', 'recurrent'],
        outputs: ['spikes', 'membrane'],
        attributes: {
          ...{ steps: 0, reset: 'value', resetValue: -0.5, delayedReset: false },
          ...{ once: false, refractory: 2, inclusive: true, samples: 1 },
        },
      },
      { op: 'linear', name: 'out', inputs: ['spikes', 'v'], outputs: ['scores'], attributes: {} },
      {
        op: 'integrate',
        name: 'sum',
        inputs: ['scores', 'leak'],
        outputs: ['sum'],
        attributes: { steps: 0, output: 'last', samples: 1 },
      },
    ],
    constants: new Map<string, Constant>([
      ['delays', { dtype: 'i32', shape: [4], data: Int32Array.of(0, 1, 2, 3) }],
      ['w', quantizedWeight([2, 4], 4, random)],
      ['v', floats([3, 2], random)],
      ['threshold', floats([2], random)],
      ['leak', number(0.9)],
      ['recurrent', floats([2, 2], random)],
    ]),
  };
}
