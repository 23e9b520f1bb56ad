import { f32Type, type GraphBuilder, graphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { elementCount } from '../../src/graph/tensor.js';
import { randomNumbers } from './generate.js';

type Three = readonly [depth: number, height: number, width: number];

/** Adds layers of random weights, scaled so that activations keep their size, without bias. */
class Layers {
  readonly builder: GraphBuilder;
  readonly #random = randomNumbers(7);

  constructor(name: string) {
    this.builder = graphBuilder(name);
  }

  weight(name: string, shape: readonly number[]): string {
    const bound = Math.sqrt(6 / elementCount(shape.slice(1)));
    const data = Float32Array.from({ length: elementCount(shape) }, () => (2 * this.#random() - 1) * bound);
    return this.builder.constant(`${name}.weight`, { dtype: 'f32', shape, data });
  }

  /** A convolution that strides and pads along the bands, and a relu. */
  conv(
    x: string,
    name: string,
    [out, channels, kernel]: readonly [number, number, Three],
    stride: number,
    pad: number,
  ): string {
    const attributes = {
      strides: [stride, 1, 1],
      pads: [pad, 0, 0, pad, 0, 0],
      dilations: [1, 1, 1],
    };
    const weight = this.weight(name, [out, channels, ...kernel]);
    return this.builder.node('relu', [this.builder.node('conv', [x, weight], { name, attributes })]);
  }

  finish(x: string, features: number, classes: number): Graph {
    const flat = this.builder.node('reshape', [x], { attributes: { shape: [1, features] } });
    this.builder.output(
      this.builder.node('linear', [flat, this.weight('fc', [classes, features])], { name: 'fc' }),
    );
    return this.builder.build();
  }
}

/** CNN-3D of HYPER-SNN (arXiv:2107.11979) over patches of 5 by 5 pixels. */
export function cnn3d(bands: number, classes: number, lastBands: number): Graph {
  const layers = new Layers('CNN-3D');
  let x = layers.builder.input('patch', f32Type([1, 1, bands, 5, 5]));
  x = layers.conv(x, 'conv1', [20, 1, [3, 3, 3]], 1, 0);
  x = layers.conv(x, 'conv2', [40, 20, [3, 1, 1]], 2, 1);
  x = layers.conv(x, 'conv3', [84, 40, [3, 3, 3]], 1, 1);
  x = layers.conv(x, 'conv4', [84, 84, [3, 1, 1]], 2, 1);
  x = layers.conv(x, 'conv5', [84, 84, [3, 1, 1]], 1, 1);
  x = layers.conv(x, 'conv6', [84, 84, [2, 1, 1]], 2, 1);
  return layers.finish(x, 84 * lastBands, classes);
}

/** CNN-32H of HYPER-SNN over patches of 3 by 3 pixels: a 3-D convolution whose output is an image of one channel. */
export function cnn32h(bands: number, classes: number): Graph {
  const layers = new Layers('CNN-32H');
  const { builder } = layers;
  const positions = Math.floor((bands - 18) / 7) + 1;
  let x = builder.input('patch', f32Type([1, 1, bands, 3, 3]));
  x = layers.conv(x, 'conv1', [90, 1, [18, 3, 3]], 7, 0);
  x = builder.node('transpose', [x], { attributes: { permutation: [0, 2, 1, 3, 4] } });
  x = builder.node('reshape', [x], { name: 'image', attributes: { shape: [1, 1, positions, 90] } });
  x = builder.node('conv', [x, layers.weight('conv2', [64, 1, 3, 3])], { name: 'conv2' });
  x = builder.node('relu', [x]);
  x = builder.node('averagePool', [x], { name: 'pool', attributes: { kernel: [4, 4], strides: [4, 4] } });
  return layers.finish(x, 64 * Math.floor((positions - 2) / 4) * 22, classes);
}
