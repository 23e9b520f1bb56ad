import { quantize, toSpiking } from '../../src/compress/index.js';
import { f32Type, type GraphBuilder, graphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Node } from '../../src/graph/ops/table.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { f32, noise } from '../compress/nets.js';

/** Weights from a seed, in their order of need. */
export class Layers {
  readonly builder: GraphBuilder;
  #seed: number;

  constructor(name: string, seed: number) {
    this.builder = graphBuilder(name);
    this.#seed = seed;
  }

  weights(name: string, shape: readonly number[]): string {
    const fan = shape.slice(1).reduce((n, d) => n * d, 1);
    const data = noise(
      this.#seed++,
      shape.reduce((n, d) => n * d, 1),
    ).map((x) => (1.4 * x) / Math.sqrt(fan));
    return this.builder.constant(name, f32(shape, data));
  }

  bias(name: string, count: number): string {
    return this.builder.constant(
      name,
      f32(
        [count],
        noise(this.#seed++, count).map((x) => x / 8),
      ),
    );
  }

  /** A convolution of stride `strides` and the given pads. */
  conv(
    name: string,
    x: string,
    shape: readonly number[],
    options: { strides?: readonly number[]; pads?: readonly number[]; dilations?: readonly number[] } = {},
  ): string {
    const axes = shape.length - 2;
    const attributes = {
      strides: options.strides ?? new Array<number>(axes).fill(1),
      pads: options.pads ?? new Array<number>(2 * axes).fill(0),
      dilations: options.dilations ?? new Array<number>(axes).fill(1),
    };
    const inputs = [x, this.weights(`${name}.weight`, shape), this.bias(`${name}.bias`, shape[0] ?? 1)];
    return this.builder.node('conv', inputs, { name, attributes });
  }

  relu = (x: string): string => this.builder.node('relu', [x], { name: `${x}.relu` });

  reshape = (name: string, x: string, shape: readonly number[]): string =>
    this.builder.node('reshape', [x], { name, attributes: { shape } });

  linear(name: string, x: string, [out, features]: readonly [number, number]): string {
    const inputs = [x, this.weights(`${name}.weight`, [out, features]), this.bias(`${name}.bias`, out)];
    return this.builder.node('linear', inputs, { name });
  }

  classifier(x: string): Graph {
    this.builder.output(x);
    return this.builder.build();
  }
}

/** Small networks by the form of those that classify hyperspectral scenes. All take 9 bands. */
export const bands = 9;

/** Three-dimensional convolutions alone, spectral strides and padding: one position is left, flattened. */
export function cnn3d(): Graph {
  const net = new Layers('cnn-3d', 1);
  const x = net.builder.input('patch', f32Type([1, 1, bands, 5, 5]));
  const spectral = [1, 0, 0, 1, 0, 0];
  const a = net.relu(net.conv('conv1', x, [5, 1, 3, 3, 3], { pads: [0, 0, 0, 0, 0, 0] }));
  const b = net.relu(net.conv('conv2', a, [6, 5, 3, 1, 1], { strides: [2, 1, 1], pads: spectral }));
  const c = net.relu(net.conv('conv3', b, [7, 6, 3, 3, 3], { pads: spectral }));
  return net.classifier(net.linear('fc', net.reshape('flat', c, [1, 28]), [4, 28]));
}

/** Three-dimensional convolutions, then two-dimensional ones over bands as channels, then layers over a whole map. */
export function hybridSn(): Graph {
  const net = new Layers('hybrid-sn', 2);
  const x = net.builder.input('patch', f32Type([1, 1, bands, 7, 7]));
  const a = net.relu(net.conv('conv1', x, [3, 1, 3, 3, 3]));
  const b = net.reshape('planes', a, [1, 21, 5, 5]);
  const c = net.relu(net.conv('conv2', b, [8, 21, 3, 3]));
  const d = net.relu(net.linear('fc1', net.reshape('flat', c, [1, 72]), [10, 72]));
  return net.classifier(net.linear('fc2', d, [4, 10]));
}

/** A map of channels and bands that becomes an image of its own, bands first where it is `turned`. */
export function cnn32h(turned = true): Graph {
  const net = new Layers('cnn-32h', 3);
  const x = net.builder.input('patch', f32Type([1, 1, bands, 3, 3]));
  const a = net.relu(net.conv('conv1', x, [6, 1, 3, 3, 3], { strides: [2, 1, 1] }));
  const axes = { attributes: { permutation: [0, 2, 1, 3, 4] } };
  const map = turned ? net.builder.node('transpose', [a], axes) : a;
  const b = net.relu(net.conv('conv2', net.reshape('image', map, [1, 1, 4, 6]), [5, 1, 3, 3]));
  const pooled = net.builder.node('averagePool', [b], { attributes: { kernel: [2, 2], strides: [2, 2] } });
  return net.classifier(net.linear('fc', net.reshape('flat', pooled, [1, 10]), [4, 10]));
}

/** Strides and pooling in space, a shortcut past a convolution, and a mean over what is left. */
export function strided(): Graph {
  const net = new Layers('strided', 4);
  const x = net.builder.input('patch', f32Type([1, bands, 11, 11]));
  const a = net.relu(net.conv('conv1', x, [6, bands, 3, 3]));
  const middle = net.builder.node('slice', [a], {
    name: 'middle',
    attributes: { starts: [1, 1], ends: [8, 8], axes: [2, 3] },
  });
  const b = net.conv('conv2', a, [6, 6, 3, 3]);
  const sum = net.relu(net.builder.node('add', [middle, b], { name: 'sum' }));
  const pooled = net.builder.node('maxPool', [sum], {
    name: 'pool',
    attributes: { kernel: [2, 2], strides: [2, 2] },
  });
  const c = net.relu(net.conv('conv3', pooled, [8, 6, 2, 2]));
  return net.classifier(net.linear('fc', net.reshape('flat', c, [1, 32]), [4, 32]));
}

/** Means over windows, strides apart, and over the whole map. */
export function pooled(): Graph {
  const net = new Layers('pooled', 5);
  const x = net.builder.input('patch', f32Type([1, bands, 9, 9]));
  const a = net.relu(net.conv('conv1', x, [6, bands, 3, 3], { strides: [2, 2] }));
  const b = net.builder.node('averagePool', [a], { attributes: { kernel: [2, 2] } });
  const mean = net.builder.node('globalAveragePool', [net.relu(net.conv('conv2', b, [8, 6, 2, 2]))]);
  return net.classifier(net.linear('fc', net.reshape('flat', mean, [1, 8]), [4, 8]));
}

/** Zeros around each patch, which make every patch another computation. */
export function padded(): Graph {
  const net = new Layers('padded', 6);
  const x = net.builder.input('patch', f32Type([1, bands, 5, 5]));
  const a = net.relu(net.conv('conv1', x, [6, bands, 3, 3], { pads: [1, 1, 1, 1] }));
  const b = net.relu(net.conv('conv2', a, [6, 6, 5, 5]));
  return net.classifier(net.linear('fc', net.reshape('flat', b, [1, 6]), [4, 6]));
}

/** A hidden layer whose neurons hear each other. */
export function recurrent(): Graph {
  const net = new Layers('recurrent', 7);
  const { builder } = net;
  const x = builder.input('patch', f32Type([1, bands, 3, 3]));
  const current = net.linear(
    'fc1',
    net.reshape('flat', net.conv('conv1', x, [5, bands, 3, 3]), [1, 5]),
    [6, 5],
  );
  const number = (name: string, value: number): string =>
    builder.constant(name, { dtype: 'f32', shape: [1], data: Float32Array.of(value) });
  const inputs = [
    current,
    number('threshold', 0.5),
    number('leak', 0.9),
    '',
    net.weights('recurrent', [6, 6]),
  ];
  const spikes = builder.node('lif', inputs, { name: 'hidden', attributes: { steps: 3 } });
  const scores = net.linear('fc2', spikes, [4, 6]);
  return net.classifier(builder.node('integrate', [scores, number('one', 1)], { name: 'scores' }));
}

/** Some inputs of about what the networks are made for, 0 to 1. */
export function samplesOf(graph: Graph, count: number): Record<string, Tensor>[] {
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(
      graph.inputs.map(({ name, type: { shape } }) => {
        const data = noise(
          77 + i,
          shape.reduce((n, d) => n * d, 1),
        ).map((x) => Math.abs(x) / 3);
        return [name, f32(shape, data)];
      }),
    ),
  );
}

export const quantized = (graph: Graph): Promise<Graph> =>
  quantize(graph, samplesOf(graph, 4), { weightBits: 6, rounding: 'nearest' });

/** As spikes, of which there are enough for all layers. */
export const spiking = (graph: Graph, weightBits?: 6): Promise<Graph> =>
  toSpiking(graph, samplesOf(graph, 4), { steps: 3, weightBits, thresholdScale: 0.3 });

/** The graph with its first convolution over bytes, so that nothing is left of what f32 sums round. */
export function overBytes(graph: Graph): Graph {
  const [first] = graph.nodes;
  const [input] = graph.inputs;
  const weight = graph.constants.get(first?.inputs[1] ?? '');
  if (first?.op !== 'conv' || !input || !weight) throw new Error('does not begin with a convolution');
  const rows = weight.shape[0] ?? 1;
  const taps = weight.data.length / rows;
  const scales = new Float32Array(rows);
  weight.data.forEach((x, i) => {
    const row = Math.floor(i / taps);
    scales[row] = Math.max(scales[row] ?? 0, Math.abs(x) / 127);
  });
  const levels = Int8Array.from(weight.data, (x, i) => Math.round(x / (scales[Math.floor(i / taps)] ?? 1)));
  const bytes: Node = {
    op: 'quantize',
    name: 'bytes',
    inputs: [input.name],
    outputs: ['bytes'],
    attributes: {},
    quantization: { scale: Math.fround(1 / 32), zeroPoint: 128 },
  };
  const constants = new Map(graph.constants).set(`${first.name}.levels`, {
    dtype: 'i8',
    shape: weight.shape,
    data: levels,
    quantization: { bits: 8, scales, axis: 0 },
  });
  const conv: Node = { ...first, inputs: ['bytes', `${first.name}.levels`] };
  return { ...graph, nodes: [bytes, conv, ...graph.nodes.slice(1)], constants };
}
