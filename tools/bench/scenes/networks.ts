import { quantize } from '../../../src/compress/index.js';
import { f32Type, type GraphBuilder, graphBuilder } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { elementCount, type Tensor, type WeightBits } from '../../../src/graph/tensor.js';
import { load } from '../../../src/index.js';
import { seededRandom } from '../networks/draft.js';

/** A graph with random weights that keep the size of values about the same. */
class Draft {
  readonly builder: GraphBuilder;
  readonly #random = seededRandom(1);

  constructor(name: string) {
    this.builder = graphBuilder(name);
  }

  #weights(name: string, shape: readonly number[]): string {
    const reach = Math.sqrt(6 / elementCount(shape.slice(1)));
    const data = Float32Array.from({ length: elementCount(shape) }, () => reach * (2 * this.#random() - 1));
    return this.builder.constant(name, { dtype: 'f32', shape, data });
  }

  /** A convolution of stride 1 in space, and a relu. */
  layer(
    name: string,
    x: string,
    shape: readonly number[],
    { stride = 1, pad = 0 }: { readonly stride?: number; readonly pad?: number } = {},
  ): string {
    const isVolume = shape.length === 5;
    const attributes = isVolume
      ? { strides: [stride, 1, 1], pads: [pad, 0, 0, pad, 0, 0], dilations: [1, 1, 1] }
      : {};
    const sums = this.builder.node('conv', [x, this.#weights(`${name}.weight`, shape)], { name, attributes });
    return this.builder.node('relu', [sums], { name: `${name}.relu` });
  }

  linear(name: string, x: string, shape: readonly [number, number]): string {
    return this.builder.node('linear', [x, this.#weights(`${name}.weight`, shape)], { name });
  }

  reshape(name: string, x: string, shape: readonly number[]): string {
    return this.builder.node('reshape', [x], { name, attributes: { shape } });
  }

  relu = (x: string): string => this.builder.node('relu', [x], { name: `${x}.relu` });

  classifier(x: string): Graph {
    this.builder.output(x);
    return this.builder.build();
  }
}

/** The network of three-dimensional convolutions over 5x5 patches of 200 bands, 16 classes. */
export function cnn3d(bands = 200, classes = 16): Graph {
  const net = new Draft('CNN-3D');
  const halved = (depth: number): number => Math.floor((depth - 1) / 2) + 1;
  const depth = Math.floor((halved(halved(bands - 2)) + 2 - 2) / 2) + 1;
  let x = net.builder.input('patch', f32Type([1, 1, bands, 5, 5]));
  x = net.layer('conv1', x, [20, 1, 3, 3, 3]);
  x = net.layer('conv2', x, [40, 20, 3, 1, 1], { stride: 2, pad: 1 });
  x = net.layer('conv3', x, [84, 40, 3, 3, 3], { pad: 1 });
  x = net.layer('conv4', x, [84, 84, 3, 1, 1], { stride: 2, pad: 1 });
  x = net.layer('conv5', x, [84, 84, 3, 1, 1], { pad: 1 });
  x = net.layer('conv6', x, [84, 84, 2, 1, 1], { stride: 2, pad: 1 });
  x = net.reshape('flat', x, [1, 84 * depth]);
  return net.classifier(net.linear('fc', x, [classes, 84 * depth]));
}

/**
 * A network of the form of HybridSN over 25x25 patches, 16 classes: all bands of the scene become 30 by one layer, as
 * the principal components do that the original is given; three layers over volumes, one over planes, three more.
 */
export function hybridSn(bands = 200, classes = 16): Graph {
  const net = new Draft('HybridSN');
  let x = net.builder.input('patch', f32Type([1, bands, 25, 25]));
  x = net.reshape('volume', net.layer('components', x, [30, bands, 1, 1]), [1, 1, 30, 25, 25]);
  x = net.layer('conv1', x, [8, 1, 7, 3, 3]);
  x = net.layer('conv2', x, [16, 8, 5, 3, 3]);
  x = net.layer('conv3', x, [32, 16, 3, 3, 3]);
  x = net.layer('conv4', net.reshape('planes', x, [1, 576, 19, 19]), [64, 576, 3, 3]);
  x = net.reshape('flat', x, [1, 64 * 17 * 17]);
  x = net.relu(net.linear('fc1', x, [256, 64 * 17 * 17]));
  x = net.relu(net.linear('fc2', x, [128, 256]));
  return net.classifier(net.linear('fc3', x, [classes, 128]));
}

/** The network with integer weights of so many bits; activations are bytes. */
export function integerForm(graph: Graph, weightBits: WeightBits): Promise<Graph> {
  const random = seededRandom(2);
  const samples = Array.from({ length: 4 }, () =>
    Object.fromEntries(
      graph.inputs.map(({ name, type: { shape } }) => {
        const data = Float32Array.from({ length: elementCount(shape) }, random);
        const tensor: Tensor = { dtype: 'f32', shape, data };
        return [name, tensor];
      }),
    ),
  );
  return quantize(graph, samples, { weightBits, rounding: 'nearest', executor: (part) => load(part) });
}
