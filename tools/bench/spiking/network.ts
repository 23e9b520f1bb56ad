import { subgraph } from '../../../src/compress/edits.js';
import { f32Type, graphBuilder, quantization, weightConstant } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { elementCount, type Tensor } from '../../../src/graph/tensor.js';
import { seededRandom } from '../networks/draft.js';

/** Channels of convolutions, and where windows of 2x2 pixels are averaged. */
const vgg16 = [
  ...[64, 64, 'pool', 128, 128, 'pool', 256, 256, 256, 'pool'],
  ...[512, 512, 512, 'pool', 512, 512, 512],
] as const;

const hidden = [4096, 4096] as const;
const classes = 10;
const leak = 0.9;

export interface SpikingOptions {
  readonly steps: number;
  /** Share of neurons that fire at a step, layer by layer; the last one serves for those that follow. */
  readonly rates: readonly number[];
  readonly bits: 8 | 4;
}

const number = (value: number) => ({ dtype: 'f32', shape: [1], data: Float32Array.of(value) }) as const;

/** Integers around zero. */
function weights(random: () => number, shape: readonly number[], bits: 8 | 4) {
  const most = 2 ** (bits - 1) - 1;
  const values = Int8Array.from({ length: elementCount(shape) }, () =>
    Math.round(most * (random() + random() + random() - 1.5) * (2 / 3)),
  );
  return weightConstant(shape, values, new Float32Array(shape[0] ?? 1).fill(1), bits);
}

/** A spiking VGG-16 for pictures of 32x32 pixels, given directly, with made weights and thresholds of 1. */
function draft({ steps, bits }: SpikingOptions): Graph {
  const random = seededRandom(16);
  const g = graphBuilder('spiking VGG-16');
  const keep = g.constant('leak', number(leak));
  const pads = [1, 1, 1, 1];
  let x = g.input('image', f32Type([1, 3, 32, 32]));
  let shape: readonly number[] = [3, 32, 32];
  let layer = 0;
  const neurons = (current: string): string => {
    const name = `lif${layer}`;
    const threshold = g.constant(`${name}.threshold`, number(1));
    return g.node('lif', [current, threshold, keep], { name, attributes: { steps } });
  };
  for (const next of vgg16) {
    const [channels = 1, height = 1, width = 1] = shape;
    if (next === 'pool') {
      const attributes = { kernel: [2, 2], strides: [2, 2] };
      x = g.node('averagePool', [x], { attributes, quantization: quantization(0.25, 0) });
      shape = [channels, height / 2, width / 2];
      continue;
    }
    layer++;
    const own = weights(random, [next, channels, 3, 3], bits);
    const data = Float32Array.from(own.data);
    const weight = layer === 1 ? ({ dtype: 'f32', shape: own.shape, data } as const) : own;
    const name = `conv${layer}`;
    x = neurons(g.node('conv', [x, g.constant(`${name}.weight`, weight)], { name, attributes: { pads } }));
    shape = [next, height, width];
  }
  let features = elementCount(shape);
  x = g.node('reshape', [x], { attributes: { shape: [steps, features] } });
  for (const size of [...hidden, classes]) {
    layer++;
    const weight = g.constant(`linear${layer}.weight`, weights(random, [size, features], bits));
    const current = g.node('linear', [x, weight], { name: `linear${layer}` });
    x = size === classes ? current : neurons(current);
    features = size;
  }
  g.output(g.node('integrate', [x, g.constant('one', number(1))], { name: 'scores' }));
  return g.build();
}

/** Spikes of neurons with a threshold, as a share of all steps. */
function rateOf(current: Float32Array, given: number, steps: number, threshold: number): number {
  const neurons = current.length / given;
  let spikes = 0;
  for (let n = 0; n < neurons; n++) {
    let u = 0;
    for (let t = 0; t < steps; t++) {
      u = leak * u + (current[(given === 1 ? 0 : t * neurons) + n] ?? 0);
      if (u <= threshold) continue;
      u -= threshold;
      spikes++;
    }
  }
  return spikes / (steps * neurons);
}

/** The threshold, half an integer, with which neurons fire as often as wanted. */
function thresholdFor(current: Float32Array, given: number, steps: number, rate: number): number {
  let [low, high] = [0, current.reduce((most, value) => Math.max(most, value), 1) * steps];
  while (high - low > 0.5) {
    const middle = (low + high) / 2;
    if (rateOf(current, given, steps, middle) > rate) low = middle;
    else high = middle;
  }
  return Math.round(high) + 0.5;
}

/** The network with thresholds by which its layers fire at the rates wanted on one picture. */
export function spikingVgg16(
  options: SpikingOptions,
  image: Float32Array,
  run: (graph: Graph, image: Float32Array) => Tensor,
): Graph {
  let graph = draft(options);
  const layers = graph.nodes.filter((node) => node.op === 'lif');
  layers.forEach(({ name, inputs: [current = ''] }, i) => {
    const rate = options.rates[i] ?? options.rates.at(-1) ?? 0.05;
    const { data, shape } = run(subgraph(graph, [current]), image);
    const threshold = thresholdFor(Float32Array.from(data), shape[0] ?? 1, options.steps, rate);
    graph = { ...graph, constants: new Map(graph.constants).set(`${name}.threshold`, number(threshold)) };
  });
  return graph;
}
