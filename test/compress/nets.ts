import fc from 'fast-check';
import type { Graph } from '../../src/graph/graph.js';
import type { Node } from '../../src/graph/ops/table.js';
import { type Constant, elementCount, type Tensor } from '../../src/graph/tensor.js';

/** Numbers of about unit variance from a seed. */
export function noise(seed: number, count: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: count }, () => 2 * (uniform() + uniform() + uniform()) - 3);
}

export const f32 = (shape: readonly number[], data: Float32Array): Constant & Tensor => ({
  dtype: 'f32',
  shape,
  data,
});

export const convAttributes = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 };

/** A graph that grows node by node, with weights from a seed. */
export class NetBuilder {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  random(name: string, shape: readonly number[], scale = 1, shift = 0): string {
    const data = noise(this.#seed++, elementCount(shape)).map((x) => x * scale + shift);
    this.constants.set(name, f32(shape, data));
    return name;
  }

  conv(
    name: string,
    input: string,
    [out, channels, size]: readonly [number, number, number],
    groups = 1,
  ): string {
    const fan = (channels / groups) * size * size;
    const weight = this.random(`${name}.weight`, [out, channels / groups, size, size], 1.4 / Math.sqrt(fan));
    const pad = (size - 1) / 2;
    const attributes = { ...convAttributes, pads: [pad, pad, pad, pad], groups };
    this.nodes.push({ op: 'conv', name, inputs: [input, weight], outputs: [name], attributes });
    return name;
  }

  batchNorm(name: string, input: string, channels: number): string {
    const parameters = [
      this.random(`${name}.scale`, [channels], 0.3, 1),
      this.random(`${name}.bias`, [channels], 0.5),
      this.random(`${name}.mean`, [channels], 0.5),
      this.constants.set(
        `${name}.variance`,
        f32(
          [channels],
          noise(this.#seed++, channels).map((x) => x * x + 0.2),
        ),
      ) && `${name}.variance`,
    ];
    this.nodes.push({
      op: 'batchNorm',
      name,
      inputs: [input, ...parameters],
      outputs: [name],
      attributes: { epsilon: 1e-5 },
    });
    return name;
  }

  plain(
    op: 'relu' | 'add' | 'multiply' | 'sigmoid' | 'globalAveragePool',
    name: string,
    inputs: readonly string[],
  ): string {
    this.nodes.push({ op, name, inputs, outputs: [name], attributes: {} });
    return name;
  }

  push(node: Node): string {
    this.nodes.push(node);
    return node.outputs[0] ?? '';
  }

  linear(name: string, input: string, [out, features]: readonly [number, number]): string {
    const weight = this.random(`${name}.weight`, [out, features], 1 / Math.sqrt(features));
    const bias = this.random(`${name}.bias`, [out], 0.2);
    this.nodes.push({ op: 'linear', name, inputs: [input, weight, bias], outputs: [name], attributes: {} });
    return name;
  }

  graph(inputShape: readonly number[], output: string): Graph {
    return {
      name: 'net',
      inputs: [{ name: 'image', type: { dtype: 'f32', shape: inputShape } }],
      outputs: [{ name: output, meaning: { kind: 'classes', labels: ['a', 'b', 'c'] } }],
      nodes: this.nodes,
      constants: this.constants,
      provenance: { method: 'test' },
    };
  }
}

export interface NetShape {
  readonly seed: number;
  readonly channels: number;
  readonly width: number;
  readonly size: number;
  readonly depthwise: boolean;
  readonly residual: 'add' | 'concat' | 'none';
  readonly activation: 'relu' | 'clip' | 'sigmoid';
}

/** A small network of everything usual. */
export const plain: NetShape = {
  seed: 11,
  channels: 2,
  width: 4,
  size: 5,
  depthwise: false,
  residual: 'add',
  activation: 'relu',
};

export const netShapes: fc.Arbitrary<NetShape> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  channels: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 2, max: 6 }),
  size: fc.integer({ min: 3, max: 6 }),
  depthwise: fc.boolean(),
  residual: fc.constantFrom('add', 'concat', 'none'),
  activation: fc.constantFrom('relu', 'clip', 'sigmoid'),
});

function activate(net: NetBuilder, { activation }: NetShape, name: string, input: string): string {
  if (activation === 'relu' || activation === 'sigmoid') return net.plain(activation, name, [input]);
  const attributes = { minimum: 0, maximum: 2 };
  return net.push({ op: 'clip', name, inputs: [input], outputs: [name], attributes });
}

/** A small convolutional network: stem, block with a shortcut, pooling, linear layer. */
export function smallNet(shape: NetShape): Graph {
  const { seed, channels, width, size, depthwise, residual } = shape;
  const net = new NetBuilder(seed);
  const stem = activate(
    net,
    shape,
    'act1',
    net.batchNorm('bn1', net.conv('conv1', 'image', [width, channels, 3]), width),
  );
  const groups = depthwise ? width : 1;
  const inner = net.batchNorm('bn2', net.conv('conv2', stem, [width, width, 3], groups), width);
  let body = inner;
  if (residual === 'add') body = net.plain('add', 'sum', [inner, stem]);
  if (residual === 'concat') {
    body = net.push({
      op: 'concat',
      name: 'cat',
      inputs: [inner, stem],
      outputs: ['cat'],
      attributes: { axis: 1 },
    });
  }
  const features = residual === 'concat' ? 2 * width : width;
  const pooled = net.plain('globalAveragePool', 'gap', [net.plain('relu', 'act2', [body])]);
  const flat = net.push({
    op: 'reshape',
    name: 'flat',
    inputs: [pooled],
    outputs: ['flat'],
    attributes: { shape: [1, features] },
  });
  return net.graph([1, channels, size, size], net.linear('logits', flat, [3, features]));
}

/** Inputs for a graph with one image. */
export const imagesFor = (graph: Graph, count: number, seed = 7): { readonly image: Tensor }[] =>
  Array.from({ length: count }, (_, i) => {
    const shape = graph.inputs[0]?.type.shape ?? [];
    return { image: f32(shape, noise(seed + i * 31, elementCount(shape))) };
  });
