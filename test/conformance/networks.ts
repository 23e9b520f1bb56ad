import { quantization, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { elementCount, type Quantization } from '../../src/graph/tensor.js';
import { type Case, Draw } from './generate.js';

type Bits = 8 | 4 | 2;

interface Layer {
  readonly shape: readonly number[];
  readonly bits: Bits;
  readonly output: Quantization;
  readonly attributes?: object;
}

/** Adds a layer whose weights fill their bits. */
function weighted(draw: Draw, name: string, op: 'conv' | 'linear', x: string, layer: Layer): string {
  const { shape, bits, output, attributes } = layer;
  const limit = 2 ** (bits - 1) - 1;
  const channels = shape[0] ?? 1;
  const values = draw.list(elementCount(shape), () => draw.integer(-limit, limit));
  const spread = limit * Math.sqrt(elementCount(shape) / channels);
  const scales = draw.list(channels, () => draw.real(1, 2) / spread);
  const bias = Int32Array.from(draw.list(channels, () => draw.integer(-500, 500)));
  const inputs = [
    x,
    draw.builder.constant(`${name}.weight`, weightConstant(shape, values, scales, bits)),
    draw.builder.constant(`${name}.bias`, { dtype: 'i32', shape: [channels], data: bias }),
  ];
  return draw.builder.node(op, inputs, { name, quantization: output, ...(attributes && { attributes }) });
}

const signed = quantization(0.03, 128);
const positive = quantization(0.02, 0);
const padded = { pads: [1, 1, 1, 1] };

/** A residual network with every integer operation that moves or pools on the way. */
function residual(bits: Bits): Case {
  const draw = new Draw(bits);
  const { builder } = draw;
  const image = draw.input('image', { dtype: 'f32', shape: [1, 3, 16, 15] }, -2, 2);
  let x = builder.node('quantize', [image], { quantization: signed });
  x = weighted(draw, 'stem', 'conv', x, {
    shape: [20, 3, 3, 3],
    bits: 8,
    output: positive,
    attributes: padded,
  });
  x = builder.node('relu', [x], { quantization: positive });
  const first = weighted(draw, 'first', 'conv', x, {
    shape: [20, 20, 3, 3],
    bits,
    output: positive,
    attributes: padded,
  });
  const second = weighted(draw, 'second', 'conv', first, {
    shape: [20, 20, 3, 3],
    bits,
    output: signed,
    attributes: padded,
  });
  x = builder.node('add', [second, x], { quantization: positive });
  const strided = { strides: [2, 2], ...padded };
  const down = weighted(draw, 'down', 'conv', x, {
    shape: [36, 20, 3, 3],
    bits,
    output: signed,
    attributes: strided,
  });
  const shortcut = weighted(draw, 'shortcut', 'conv', x, {
    shape: [36, 20, 1, 1],
    bits,
    output: signed,
    attributes: { strides: [2, 2] },
  });
  x = builder.node('relu', [builder.node('add', [down, shortcut], { quantization: signed })], {
    quantization: signed,
  });
  const pooled = builder.node('maxPool', [x], { attributes: { kernel: [3, 3], pads: [1, 1, 1, 1] } });
  x = builder.node('concat', [x, pooled], { attributes: { axis: 1 } });
  x = builder.node('sigmoid', [x], { quantization: quantization(1 / 255, 0) });
  x = builder.node('globalAveragePool', [x], { quantization: quantization(1 / 255, 0) });
  x = builder.node('reshape', [x], { attributes: { shape: [1, 72] } });
  return draw.finish(weighted(draw, 'classes', 'linear', x, { shape: [10, 72], bits: 8, output: signed }));
}

/** Depthwise and grouped convolutions, dilation, average pooling, a product of two values. */
function separable(bits: Bits): Case {
  const draw = new Draw(100 + bits);
  const { builder } = draw;
  let x = draw.input('image', { dtype: 'u8', shape: [2, 24, 13, 11], quantization: signed });
  const depthwise = { ...padded, groups: 24 };
  x = weighted(draw, 'depthwise', 'conv', x, {
    shape: [24, 1, 3, 3],
    bits,
    output: signed,
    attributes: depthwise,
  });
  x = weighted(draw, 'pointwise', 'conv', x, { shape: [30, 24, 1, 1], bits, output: signed });
  const grouped = { groups: 3, dilations: [2, 2], pads: [2, 2, 2, 2] };
  const gate = weighted(draw, 'gate', 'conv', x, {
    shape: [30, 10, 3, 3],
    bits,
    output: signed,
    attributes: grouped,
  });
  x = builder.node('multiply', [x, gate], { quantization: signed });
  x = builder.node('averagePool', [x], {
    attributes: { kernel: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] },
    quantization: signed,
  });
  x = builder.node('pad', [x], { attributes: { pads: [0, 0, 1, 0, 0, 0, 0, 2], mode: 'edge' } });
  const bounded = builder.node('clip', [x], {
    attributes: { minimum: -0.5, maximum: 1 },
    quantization: signed,
  });
  return draw.finish(builder.node('subtract', [x, bounded], { quantization: signed }));
}

export interface GoldenNetwork {
  readonly name: string;
  readonly make: () => Case;
  /** SHA-256 of the output bytes on every engine, kernel variant and number of threads. */
  readonly hash: string;
}

export const goldenNetworks: readonly GoldenNetwork[] = [
  {
    name: 'residual, 8-bit weights',
    make: () => residual(8),
    hash: '64bd18ccc85786a53e91515ca92335002ed5d83423317e231341d04c4206139d',
  },
  {
    name: 'residual, 4-bit weights',
    make: () => residual(4),
    hash: '2bc64802ea2f7c3ff7dad46b6272c721dd1caecbdcf9589fdae7558b979542a6',
  },
  {
    name: 'residual, 2-bit weights',
    make: () => residual(2),
    hash: 'fd79b698a3ca57daa0578d46e3a76a621653ad00917f074fa4bb3f50f65a7be5',
  },
  {
    name: 'separable, 8-bit weights',
    make: () => separable(8),
    hash: 'aa5c431013246d63d2e02995de8f003d39997f1841256a7189feffa18bce407d',
  },
  {
    name: 'separable, 4-bit weights',
    make: () => separable(4),
    hash: '08ba59453d9145c204d35e67677b792232fbac4756b7c5b23f5201dfeedee86b',
  },
];

/** Hexadecimal SHA-256, in Node and in pages. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const outputName = (graph: Graph): string => graph.outputs[0]?.name ?? '';
