import type { Graph } from '../../../src/graph/graph.js';
import { type Arithmetic, type Draft, finishDraft, startDraft, type Value } from './draft.js';
import { classify, convolution, globalAverage, halve, image, sum } from './layers.js';

export type { Arithmetic } from './draft.js';

export interface NetworkOptions {
  readonly arithmetic: Arithmetic;
  /** Factor of all channel counts. */
  readonly width?: number;
  readonly classes?: number;
  readonly seed?: number;
}

/** Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where the shape changes. */
function basicBlock(draft: Draft, name: string, x: Value, channels: number, stride: number): Value {
  const first = convolution(draft, `${name}.conv1`, x, { channels, kernel: 3, stride, relu: true });
  const second = convolution(draft, `${name}.conv2`, first, { channels, kernel: 3, relu: false });
  const shortcut =
    x.shape[0] === channels && stride === 1
      ? x
      : convolution(draft, `${name}.shortcut`, x, { channels, kernel: 1, stride, relu: false });
  return sum(draft, `${name}.add`, second, shortcut);
}

/** ResNet-18 in its CIFAR form with random weights: image [1, 3, 32, 32] to scores [1, classes]. */
export function resnet18(options: NetworkOptions): Graph {
  const { arithmetic, width = 1, classes = 10, seed = 18 } = options;
  const draft = startDraft(arithmetic, seed);
  const widths = [64, 128, 256, 512].map((channels) => Math.round(channels * width));
  let x = convolution(draft, 'conv', image(draft), { channels: widths[0] ?? 1, kernel: 3, relu: true });
  widths.forEach((channels, stage) => {
    x = basicBlock(draft, `stage${stage}.0`, x, channels, stage === 0 ? 1 : 2);
    x = basicBlock(draft, `stage${stage}.1`, x, channels, 1);
  });
  return finishDraft(draft, 'resnet18', classify(draft, globalAverage(draft, 'pool', x), classes));
}

const vggStages = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/** VGG-16 in its CIFAR form with random weights: image [1, 3, 32, 32] to scores [1, classes]. */
export function vgg16(options: NetworkOptions): Graph {
  const { arithmetic, width = 1, classes = 10, seed = 16 } = options;
  const draft = startDraft(arithmetic, seed);
  let x = image(draft);
  vggStages.forEach((stage, s) => {
    stage.forEach((channels, layer) => {
      const scaled = Math.round(channels * width);
      x = convolution(draft, `stage${s}.${layer}`, x, { channels: scaled, kernel: 3, relu: true });
    });
    x = halve(draft, `stage${s}.pool`, x);
  });
  return finishDraft(draft, 'vgg16', classify(draft, x, classes));
}

export const networks = { resnet18, vgg16 } as const;

export type NetworkName = keyof typeof networks;
