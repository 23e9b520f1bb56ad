import type { Choices } from '../../../src/compile/lower/context.js';
import type { Target } from '../../../src/compile/plan.js';
import { graphBuilder, quantization, u8Type, weightConstant } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { elementCount } from '../../../src/graph/tensor.js';
import { seededRandom } from '../networks/draft.js';
import { median } from '../statistics.js';
import { type PlacedPlan, placer } from './plans.js';

/** A layer over spikes of 5 steps: 3x3 pixels of a map of `size`, or fully connected where that is 1. */
export interface SpikingLayer {
  readonly channels: number;
  readonly outChannels: number;
  readonly size: number;
}

export type WeightKind = 8 | 4 | 'f32';

const steps = 5;

export const nameOf = ({ channels, outChannels, size }: SpikingLayer): string =>
  size === 1 ? `${channels}-${outChannels} linear` : `${channels}-${outChannels} ${size}x${size} 3x3`;

export function layerGraph({ channels, outChannels, size }: SpikingLayer, kind: WeightKind): Graph {
  const random = seededRandom(channels + size);
  const g = graphBuilder('layer');
  const isFlat = size === 1;
  const inShape = isFlat ? [steps, channels] : [steps, channels, size, size];
  const x = g.input('x', u8Type(inShape, quantization(1, 0)));
  const shape = isFlat ? [outChannels, channels] : [outChannels, channels, 3, 3];
  const most = kind === 4 ? 7 : 127;
  const values = Float32Array.from({ length: elementCount(shape) }, () =>
    Math.round(most * (2 * random() - 1)),
  );
  const scales = new Float32Array(outChannels).fill(1);
  const weight =
    kind === 'f32'
      ? ({ dtype: 'f32', shape, data: values } as const)
      : weightConstant(shape, values, scales, kind);
  const inputs = [x, g.constant('weight', weight)];
  g.output(
    isFlat ? g.node('linear', inputs) : g.node('conv', inputs, { attributes: { pads: [1, 1, 1, 1] } }),
  );
  return g.build();
}

/** Spikes drawn one by one, patterns of which take turns so that no branch is foreseen. */
export function patternsOf(
  { channels, size }: SpikingLayer,
  density: number,
  count = 12,
): readonly Uint8Array[] {
  const random = seededRandom(Math.round(1e6 * density) + size);
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: steps * channels * size * size }, () => (random() < density ? 1 : 0)),
  );
}

/** Processor milliseconds of a layer, without what turns its input and output from and to channels first. */
function processorTime(placed: PlacedPlan, pattern: Uint8Array): number {
  placed.give(pattern);
  placed.clear();
  let spent = 0;
  for (const step of placed.plan.steps) {
    const before = process.cpuUsage();
    placed.runStep(step);
    const { user, system } = process.cpuUsage(before);
    if (/stage|list|conv/.test(step.kernel)) spent += (user + system) / 1000;
  }
  return spent;
}

/** Median processor milliseconds of a layer computed in several ways, which take turns. */
export function timesOf(
  place: ReturnType<typeof placer>,
  graph: Graph,
  patterns: readonly Uint8Array[],
  ways: readonly Choices[],
  rounds: number,
): readonly number[] {
  const placed = ways.map((choices) => place(graph, choices));
  const samples = placed.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    placed.forEach((own, i) => {
      const spent = patterns.map((pattern) => processorTime(own, pattern));
      if (round >= 0) samples[i]?.push(median(spent));
    });
  }
  return samples.map(median);
}

const shapes: readonly SpikingLayer[] = [
  { channels: 64, outChannels: 64, size: 32 },
  { channels: 128, outChannels: 128, size: 16 },
  { channels: 256, outChannels: 256, size: 8 },
  { channels: 512, outChannels: 512, size: 4 },
  { channels: 512, outChannels: 512, size: 2 },
  { channels: 4096, outChannels: 4096, size: 1 },
];

const densities = [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3, 1];

/** Layers by lists and densely, over densities of spikes. */
export function compareLayers(root: string, target: Target, rounds: number): void {
  const place = placer(root, target);
  const ways: readonly Choices[] = [{ events: 'never' }, { events: 'always' }, {}];
  console.log(
    `\n${target.variant}, layers over 5 steps of spikes: processor milliseconds dense, by lists, as chosen; dense / chosen`,
  );
  for (const kind of [8, 4, 'f32'] as const) {
    for (const shape of shapes) {
      for (const density of densities) {
        const [dense = 0, listed = 0, chosen = 0] = timesOf(
          place,
          layerGraph(shape, kind),
          patternsOf(shape, density),
          ways,
          rounds,
        );
        const columns = [dense, listed, chosen].map((ms) => ms.toFixed(3).padStart(9)).join('');
        const ratio = `${(dense / chosen).toFixed(2)}x`.padStart(8);
        console.log(
          `${String(kind).padEnd(4)}${nameOf(shape).padEnd(20)}${String(density).padEnd(6)}${columns}${ratio}`,
        );
      }
    }
  }
}
