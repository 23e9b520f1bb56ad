import { describe, expect, test } from 'vitest';
import { f32Type, graphBuilder, quantization, u8Type } from '../../src/graph/builder.js';
import {
  bitPair,
  energyOf,
  energyPairs,
  type SynapticLayer,
  synapticOperations,
} from '../../src/graph/energy.js';
import type { Graph } from '../../src/graph/graph.js';

const number = (value: number) => ({ dtype: 'f32', shape: [1], data: Float32Array.of(value) }) as const;
const zeros = (...shape: number[]) =>
  ({ dtype: 'f32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }) as const;

const layer: SynapticLayer = {
  ...{ name: 'conv', op: 'conv', annMacs: 1000, spikesPerNeuron: 0.25 },
  ...{ macs: 0, acs: 250, macsEveryStep: 0 },
};

describe('energy of operations', () => {
  test('of 1000 MACs at 0.25 spikes a neuron is 225 and 4600 pJ by the FP32 pair, 25 and 3200 by INT32', () => {
    const fp32 = energyOf([layer], energyPairs.fp32);
    expect(fp32.spiking).toBeCloseTo(225, 9);
    expect(fp32.ann).toBeCloseTo(4600, 9);
    const int32 = energyOf([layer], energyPairs.int32);
    expect(int32.spiking).toBeCloseTo(25, 9);
    expect(int32.ann).toBeCloseTo(3200, 9);
    expect(int32.ratio).toBeCloseTo(128, 9);
  });

  test.each([
    [16, 0.775, 0.05],
    [8, 0.194, 0.025],
    [6, 0.109, 0.019],
    [4, 0.048, 0.0125],
  ])('of %i bits: a multiplication takes %f pJ, an addition %f', (bits, multiplication, addition) => {
    const { mac, ac } = bitPair(bits);
    expect(ac).toBeCloseTo(addition, 3);
    expect(mac - ac).toBeCloseTo(multiplication, 3);
  });

  test('of 32 bits is that of the INT32 pair', () => {
    expect(bitPair(32)).toMatchObject({ mac: energyPairs.int32.mac, ac: energyPairs.int32.ac });
  });

  test('names its constants, and another exponent', () => {
    expect(energyOf([layer], energyPairs.fp32).pair.name).toBe('FP32 (MAC 4.6 pJ, AC 0.9 pJ)');
    expect(bitPair(6, 1.51).name).toMatch(/^6-bit\^1\.51 \(MAC 0\.\d+ pJ, AC 0\.0188 pJ\)$/);
  });

  test.each([
    [0, 2],
    [33, 2],
    [Number.NaN, 2],
    [8, 0],
  ])('of %s bits with exponent %s is refused', (bits, exponent) => {
    expect(() => bitPair(bits, exponent)).toThrow(/invalid-option|1 to 32 bits/);
  });
});

/** An image given directly, two convolutions with neurons and a pool between them, and scores. */
function directCoded(): Graph {
  const g = graphBuilder('direct');
  const one = g.constant('one', number(1));
  const attributes = { pads: [1, 1, 1, 1] };
  const first = g.node(
    'conv',
    [g.input('image', f32Type([1, 3, 8, 8])), g.constant('w1', zeros(4, 3, 3, 3))],
    {
      ...{ name: 'conv1', attributes },
    },
  );
  const spikes = g.node('lif', [first, one, one], { name: 'lif1', attributes: { steps: 5 } });
  const pooled = g.node('averagePool', [spikes], {
    attributes: { kernel: [2, 2], strides: [2, 2] },
    quantization: quantization(0.25, 0),
  });
  const second = g.node('conv', [pooled, g.constant('w2', zeros(6, 4, 3, 3))], { name: 'conv2', attributes });
  const more = g.node('lif', [second, one, one], { name: 'lif2' });
  const flat = g.node('reshape', [more], { attributes: { shape: [5, 96] } });
  const scores = g.node('linear', [flat, g.constant('w3', zeros(10, 96))], { name: 'scores' });
  g.output(g.node('integrate', [scores, one]));
  return g.build();
}

describe('operations of a spiking network', () => {
  test('are products for the image, once, and sums by the spikes before pooling', () => {
    const layers = synapticOperations(directCoded(), new Map([...spikesOf(64, 48)]));
    const [conv1, conv2, linear] = [9 * 3 * 4 * 64, 9 * 4 * 6 * 16, 960];
    expect(layers).toEqual([
      { name: 'conv1', op: 'conv', annMacs: conv1, macs: conv1, acs: 0, macsEveryStep: 5 * conv1 },
      {
        name: 'conv2',
        op: 'conv',
        annMacs: conv2,
        spikesPerNeuron: 0.25,
        macs: 0,
        acs: conv2 / 4,
        macsEveryStep: 0,
      },
      {
        name: 'scores',
        op: 'linear',
        annMacs: linear,
        spikesPerNeuron: 0.5,
        macs: 0,
        acs: 480,
        macsEveryStep: 0,
      },
    ]);
    const energy = energyOf(layers, energyPairs.fp32);
    expect(energy.spiking).toBeCloseTo(conv1 * 4.6 + (conv2 / 4 + 480) * 0.9, 6);
    expect(energy.spikingEveryStep - energy.spiking).toBeCloseTo(4 * conv1 * 4.6, 6);
    expect(energy.ann).toBeCloseTo((conv1 + conv2 + linear) * 4.6, 6);
  });

  test('without any spike cost the first layer alone', () => {
    const { spiking } = energyOf(synapticOperations(directCoded(), spikesOf(0, 0)), energyPairs.int32);
    expect(spiking).toBeCloseTo(9 * 3 * 4 * 64 * 3.2, 6);
  });

  test('over events count those of the input, and recurrent weights the own spikes of neurons', () => {
    const g = graphBuilder('events');
    const one = g.constant('one', number(1));
    const x = g.input('x', u8Type([4, 10], quantization(1, 0)));
    const current = g.node('linear', [x, g.constant('w', zeros(6, 10))], { name: 'in' });
    g.output(g.node('lif', [current, one, one, '', g.constant('r', zeros(6, 6))], { name: 'hidden' }));
    const layers = synapticOperations(
      g.build(),
      new Map([
        ...([
          ['x', 20],
          ['hidden', 3],
        ] as const),
      ]),
    );
    expect(layers.map(({ name, spikesPerNeuron, acs }) => [name, spikesPerNeuron, acs])).toEqual([
      ['in', 2, 120],
      ['hidden', 0.5, 18],
    ]);
  });

  test('cannot be told without the spikes of every layer', () => {
    expect(() => synapticOperations(directCoded(), new Map([['lif1', 3]]))).toThrow(
      /'lif2': its spikes are not given/,
    );
  });
});

function spikesOf(first: number, second: number): ReadonlyMap<string, number> {
  return new Map([
    ['lif1', first],
    ['lif2', second],
  ]);
}
