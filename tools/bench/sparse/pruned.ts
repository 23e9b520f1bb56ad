import { graphBuilder, quantization, u8Type, weightConstant } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import type { Constant } from '../../../src/graph/tensor.js';
import { finishDraft, seededRandom, startDraft, type Value } from '../networks/draft.js';
import { convolution, image } from '../networks/layers.js';

/** Which weights are zero: any, or those of four adjacent input channels at one position of the window. */
export type Pattern = 'irregular' | 'grouped';

/** The weights of which about `density` are kept. */
export function prunedWeights(weight: Constant, density: number, pattern: Pattern, seed: number): Constant {
  const [outChannels = 1, channels = 1] = weight.shape;
  const window = weight.data.length / (outChannels * channels);
  const random = seededRandom(seed);
  const data = weight.data.slice();
  const group = pattern === 'grouped' ? 4 : 1;
  for (let out = 0; out < outChannels; out++) {
    for (let channel = 0; channel < channels; channel += group) {
      for (let tap = 0; tap < window; tap++) {
        if (random() < density) continue;
        const end = Math.min(channel + group, channels);
        for (let c = channel; c < end; c++) data[(out * channels + c) * window + tap] = 0;
      }
    }
  }
  return { ...weight, data } as Constant;
}

/** The graph with the weights of all convolutions pruned but the first, which sees the image. */
export function prunedNetwork(graph: Graph, density: number, pattern: Pattern): Graph {
  const constants = new Map(graph.constants);
  const convolutions = graph.nodes.filter((node) => node.op === 'conv').slice(1);
  convolutions.forEach(({ inputs: [, name = ''] }, i) => {
    const weight = constants.get(name);
    if (weight) constants.set(name, prunedWeights(weight, density, pattern, i + 1));
  });
  return { ...graph, constants };
}

/** A convolution with a border that keeps the size, before its stride. */
export interface LayerShape {
  readonly channels: number;
  readonly outChannels: number;
  readonly size: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
}

export const nameOf = ({ channels, outChannels, size, kernel, stride }: LayerShape): string =>
  `${channels}-${outChannels} ${size}x${size} ${kernel}x${kernel}${stride === 2 ? '/2' : ''}`;

/** A graph of one pruned convolution over u8 values. */
export function layerGraph(shape: LayerShape, density: number, pattern: Pattern, bits: 8 | 4 | 2 = 8): Graph {
  const draft = startDraft(bits, 7);
  const input: Value = { ...image(draft), name: 'x', shape: [shape.channels, shape.size, shape.size] };
  const { outChannels, kernel, stride } = shape;
  const result = convolution(draft, 'conv', input, { channels: outChannels, kernel, stride, relu: true });
  const graph = finishDraft(draft, nameOf(shape), result);
  const weight = graph.constants.get('conv.weight');
  const constants = new Map(graph.constants);
  if (weight) constants.set('conv.weight', prunedWeights(weight, density, pattern, 3));
  const type = { dtype: 'u8', shape: [1, ...input.shape], quantization: input.quantization } as const;
  const nodes = graph.nodes.filter((node) => node.op === 'conv');
  return { ...graph, nodes, constants, inputs: [{ name: 'x', type }] };
}

/** A graph of one pruned fully connected layer over one row of u8 values. */
export function linearGraph(
  [inFeatures, outFeatures]: readonly [number, number],
  density: number,
  pattern: Pattern,
): Graph {
  const random = seededRandom(7);
  const values = Int8Array.from({ length: inFeatures * outFeatures }, () => 254 * random() - 127 || 1);
  const scales = new Float32Array(outFeatures).fill(0.01);
  const builder = graphBuilder(`linear ${inFeatures}-${outFeatures}`);
  const weight = weightConstant([outFeatures, inFeatures], values, scales);
  const x = builder.input('x', u8Type([1, inFeatures], quantization(0.02, 3)));
  const pruned = builder.constant('weight', prunedWeights(weight, density, pattern, 3));
  builder.output(builder.node('linear', [x, pruned], { quantization: quantization(1, 128) }));
  return builder.build();
}
