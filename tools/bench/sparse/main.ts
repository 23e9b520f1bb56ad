import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ArithmeticCosts } from '../../../src/compile/cost/model.js';
import type { Choices } from '../../../src/compile/lower/context.js';
import type { Target } from '../../../src/compile/plan.js';
import type { Graph } from '../../../src/graph/graph.js';
import { resnet18 } from '../networks/index.js';
import { costsFrom, type Sample, sampleOf } from './fit.js';
import { alternated, placer, stepTimes } from './plans.js';
import { type LayerShape, layerGraph, linearGraph, nameOf, type Pattern, prunedNetwork } from './pruned.js';

const targets: Readonly<Record<string, Target>> = {
  relaxed: { variant: 'relaxed', dot: 'usdot' },
  simd: { variant: 'simd', dot: 'i16' },
};

const patterns = ['irregular', 'grouped'] as const satisfies readonly Pattern[];

const square = (channels: number, size: number): LayerShape => ({
  ...{ channels, outChannels: channels, size, kernel: 3, stride: 1 },
});

const hotLayers: readonly LayerShape[] = [
  ...[square(64, 32), square(128, 16), square(256, 8), square(512, 4)],
  { channels: 64, outChannels: 128, size: 32, kernel: 3, stride: 2 },
  { channels: 256, outChannels: 512, size: 8, kernel: 1, stride: 2 },
];

export async function main(args: string[], root: string): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      densities: { type: 'string', default: '1,0.8,0.6,0.5,0.4,0.3,0.2,0.1,0.05,0.01' },
      rounds: { type: 'string', default: '11' },
      variant: { type: 'string', default: 'relaxed,simd' },
      networks: { type: 'boolean', default: false },
      layers: { type: 'boolean', default: false },
      linear: { type: 'boolean', default: false },
      fit: { type: 'boolean', default: false },
    },
  });
  const chosen = values.variant.split(',').flatMap((name) => targets[name] ?? []);
  const densities = values.densities.split(',').map(Number);
  const rounds = Number(values.rounds);
  if (values.fit) writeCosts(root, rounds);
  for (const target of chosen) {
    const all = !(values.fit || values.layers || values.linear || values.networks);
    if (all || values.layers) tableOfLayers(root, target, densities, rounds);
    if (all || values.linear) tableOfLinear(root, target, densities, rounds);
    if (all || values.networks) tableOfNetworks(root, target, densities, rounds);
  }
}

const milliseconds = (value: number): string => value.toFixed(4).padStart(8);
const times = (value: number): string => `${value.toFixed(2)}x`.padStart(8);

/** One graph computed densely and as the compiler decides, by turns. */
function compareLine(root: string, target: Target, graph: Graph, rounds: number): string {
  const place = placer(root, target);
  const dense = place(graph, { sparse: 'never' });
  const own = place(graph);
  const [before = 0, after = 0] = alternated([dense.run, own.run], rounds);
  const chosen = own.plan.steps
    .map(({ kernel }) => kernel)
    .filter((kernel) => /conv|sparse|grouped|gathered/.test(kernel));
  const counts = [...new Set(chosen)].map(
    (kernel) => `${chosen.filter((k) => k === kernel).length} ${kernel}`,
  );
  return `${milliseconds(before)}${milliseconds(after)}${times(before / after)}  ${counts.join(', ')}`;
}

function header({ variant }: Target, what: string): void {
  console.log(`\n${variant}, ${what}: milliseconds dense, as the compiler decides, ratio, kernels`);
}

function tableOfLayers(root: string, target: Target, densities: readonly number[], rounds: number): void {
  header(target, 'layers with the turning of their values from and to channels first');
  for (const shape of hotLayers) {
    for (const pattern of patterns) {
      for (const density of densities) {
        const line = compareLine(root, target, layerGraph(shape, density, pattern), rounds);
        console.log(`${nameOf(shape).padEnd(22)} ${pattern.padEnd(10)} ${String(density).padEnd(5)}${line}`);
      }
    }
  }
}

/** Features in and out. */
const linearLayers = [
  [512, 10],
  [512, 512],
  [2048, 512],
  [4096, 4096],
] as const;

function tableOfLinear(root: string, target: Target, densities: readonly number[], rounds: number): void {
  header(target, 'fully connected layers of one row');
  for (const features of linearLayers) {
    for (const pattern of patterns) {
      for (const density of densities) {
        const line = compareLine(root, target, linearGraph(features, density, pattern), rounds);
        console.log(
          `${features.join('-').padEnd(22)} ${pattern.padEnd(10)} ${String(density).padEnd(5)}${line}`,
        );
      }
    }
  }
}

function tableOfNetworks(root: string, target: Target, densities: readonly number[], rounds: number): void {
  header(target, 'ResNet-18 for 32x32 images, first convolution and last layer dense');
  const full = resnet18({ arithmetic: 8 });
  for (const pattern of patterns) {
    for (const density of densities) {
      const line = compareLine(root, target, prunedNetwork(full, density, pattern), rounds);
      console.log(`${pattern.padEnd(10)} ${String(density).padEnd(5)}${line}`);
    }
  }
}

/** Shapes beside those of the network: other sizes, narrow and shallow ones, matrix products. */
const otherLayers: readonly LayerShape[] = [
  ...[square(16, 28), square(32, 14), square(48, 7), square(96, 6), square(24, 56), square(128, 5)],
  { channels: 128, outChannels: 64, size: 28, kernel: 1, stride: 1 },
  { channels: 256, outChannels: 128, size: 14, kernel: 1, stride: 1 },
  { channels: 320, outChannels: 320, size: 7, kernel: 1, stride: 1 },
];

/** Those of which rows of every length come to be fitted: weights that leave the second-level cache cost more. */
const fittedLinear = [
  [512, 10],
  [320, 64],
  [512, 512],
  [1024, 256],
  [2048, 512],
  [4096, 1024],
] as const;

const fittedDensities = [0.03, 0.1, 0.3, 0.6];

function samplesOf(root: string, target: Target, rounds: number): readonly Sample[] {
  const place = placer(root, target);
  const sample = (graph: Graph, sparse: NonNullable<Choices['sparse']>): readonly Sample[] => {
    const placed = place(graph, { sparse });
    const measured = stepTimes(placed, rounds);
    return placed.plan.steps.flatMap(
      (step, i) => sampleOf(step, 1e6 * (measured[i] ?? 0), target.variant, placed.word) ?? [],
    );
  };
  const dense = ([8, 4, 2] as const).flatMap((bits) => [
    ...sample(resnet18({ arithmetic: bits }), 'never'),
    ...otherLayers.flatMap((shape) => sample(layerGraph(shape, 1, 'irregular', bits), 'never')),
  ]);
  const full = resnet18({ arithmetic: 8 });
  const sparse = patterns.flatMap((pattern) =>
    fittedDensities.flatMap((density) => [
      ...sample(prunedNetwork(full, density, pattern), pattern),
      ...otherLayers.flatMap((shape) => sample(layerGraph(shape, density, pattern), pattern)),
    ]),
  );
  const gathered = fittedLinear.flatMap((features) =>
    fittedDensities.flatMap((density) => sample(linearGraph(features, density, 'irregular'), 'gathered')),
  );
  return [...dense, ...sparse, ...gathered];
}

function writeCosts(root: string, rounds: number): void {
  const fitAll = (target: Target): ArithmeticCosts =>
    costsFrom(samplesOf(root, target, rounds), (kernel, calls, error) => {
      const percent = (100 * error).toFixed(0);
      console.log(`${target.variant.padEnd(8)} ${kernel.padEnd(20)} ${calls} calls, error ${percent} %`);
    });
  const entries = Object.entries(targets).map(([name, target]) => `  ${name}: ${literal(fitAll(target))},\n`);
  const date = new Date().toISOString().slice(0, 10);
  const source = [
    "import type { CostTable } from './model.js';\n",
    `/** Fitted by \`node tools/bench/sparse/run.mjs --fit\` on ${date}: ${cpus()[0]?.model}, Node ${process.versions.node}. */`,
    `export const costs: CostTable = {\n${entries.join('')}};\n`,
  ].join('\n');
  writeFileSync(join(root, 'src/compile/cost/table.ts'), source);
}

/** The costs as source text, one line for each group. */
function literal(costs: ArithmeticCosts): string {
  const group = (values: object): string =>
    `{ ${Object.entries(values)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')} }`;
  const lines = Object.entries(costs).map(([name, values]) => `    ${name}: ${group(values)},\n`);
  return `{\n${lines.join('')}  }`;
}
