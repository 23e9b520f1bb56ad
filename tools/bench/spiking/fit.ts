import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { EventCosts, ListCosts, SpikingCosts } from '../../../src/compile/cost/spiking.js';
import type { Step, Target } from '../../../src/compile/plan.js';
import { errorOf, fitted, type Sample } from '../sparse/fit.js';
import { quantile } from '../statistics.js';
import { layerGraph, patternsOf, type SpikingLayer, type WeightKind } from './layers.js';
import { type PlacedPlan, placer } from './plans.js';

const shapes: readonly SpikingLayer[] = [
  { channels: 64, outChannels: 64, size: 32 },
  { channels: 64, outChannels: 128, size: 16 },
  { channels: 128, outChannels: 128, size: 16 },
  { channels: 32, outChannels: 32, size: 28 },
  { channels: 256, outChannels: 256, size: 8 },
  { channels: 512, outChannels: 512, size: 4 },
  { channels: 512, outChannels: 512, size: 2 },
  { channels: 1024, outChannels: 512, size: 1 },
  { channels: 2048, outChannels: 2048, size: 1 },
];

const densities = [0, 0.01, 0.03, 0.1, 0.25];

/** First quartile of the nanoseconds of each call of a plan, over patterns that take turns. */
function timesOfSteps(
  placed: PlacedPlan,
  patterns: readonly Uint8Array[],
  rounds: number,
): readonly number[] {
  const samples = placed.plan.steps.map((): number[] => []);
  for (let round = -3; round < rounds; round++) {
    for (const pattern of patterns) {
      placed.give(pattern);
      placed.clear();
      placed.plan.steps.forEach((step, i) => {
        const start = performance.now();
        placed.runStep(step);
        if (round >= 0) samples[i]?.push(1e6 * (performance.now() - start));
      });
    }
  }
  return samples.map((own) => quantile(own, 0.25));
}

const find = ({ plan }: PlacedPlan, part: string): number =>
  plan.steps.findIndex((s) => s.kernel.includes(part));

/** Blocks of 8 output channels times pixels, and entries or elements of all their patches. */
function convolutionSample(step: Step | undefined, nanoseconds: number, perPixel: number): Sample {
  const { pixels = 0, outChannels = 0 } = step?.parameters ?? {};
  const blocks = pixels * Math.ceil(outChannels / 8);
  return { kernel: step?.kernel ?? '', quantities: [blocks * perPixel, blocks], nanoseconds };
}

interface Samples {
  readonly dense: Sample[];
  readonly events: Sample[];
  readonly lists: Sample[];
}

function sampleLayer(
  place: ReturnType<typeof placer>,
  shape: SpikingLayer,
  kind: WeightKind,
  rounds: number,
  to: Samples,
): void {
  const graph = layerGraph(shape, kind);
  const never = place(graph, { events: 'never' });
  const always = place(graph, { events: 'always' });
  const window = shape.size === 1 ? 1 : 9;
  for (const density of densities) {
    const patterns = patternsOf(shape, density, 4);
    const listed = timesOfSteps(always, patterns, rounds);
    const [list, conv] = [find(always, '_list_'), find(always, '_conv_')];
    const { pixelBytes = 0, pixels = 0 } = always.plan.steps[list]?.parameters ?? {};
    const words = ((always.plan.steps[list]?.units ?? 0) * pixels * pixelBytes) / (kind === 'f32' ? 1 : 4);
    const entries = always.word(always.plan.counters[0]?.address ?? 0);
    const perPixel = (entries * window) / (5 * shape.size ** 2);
    to.events.push(convolutionSample(always.plan.steps[conv], listed[conv] ?? 0, perPixel));
    to.lists.push({ kernel: 'list', quantities: [words, entries], nanoseconds: listed[list] ?? 0 });
  }
  const dense = timesOfSteps(never, patternsOf(shape, 0.1, 4), rounds);
  const conv = find(never, '_conv_');
  const entryBytes = kind === 'f32' ? 1 : 4;
  const elementBytes = always.plan.target.variant === 'simd' && kind !== 'f32' ? 2 : 1;
  const patch = (window * shape.channels * elementBytes) / entryBytes;
  to.dense.push(convolutionSample(never.plan.steps[conv], dense[conv] ?? 0, patch));
}

const rounded = (value: number): number => Number(value.toPrecision(3));

function costsOf(root: string, target: Target, rounds: number): SpikingCosts {
  const place = placer(root, target);
  const report = (name: string, samples: readonly Sample[]): readonly number[] => {
    const coefficients = fitted(samples);
    const percent = (100 * errorOf(samples, coefficients)).toFixed(0);
    console.log(`${target.variant.padEnd(8)} ${name.padEnd(16)} ${samples.length} calls, error ${percent} %`);
    return coefficients.map(rounded);
  };
  const lists = { words: [] as Sample[], bytes: [] as Sample[] };
  const of = (kind: WeightKind): EventCosts => {
    const samples: Samples = { dense: [], events: [], lists: kind === 'f32' ? lists.bytes : lists.words };
    for (const shape of shapes) sampleLayer(place, shape, kind, rounds, samples);
    const [step = 0, densePixel = 0] = report(`${kind} dense`, samples.dense);
    const [entry = 0, pixel = 0] = report(`${kind} by lists`, samples.events);
    return { dense: { step, pixel: densePixel }, events: { entry, pixel } };
  };
  const weights = { 8: of(8), 4: of(4), f32: of('f32') };
  const list = (name: 'words' | 'bytes'): ListCosts => {
    const [seen = 0, listed = 0] = report(`lists of ${name}`, lists[name]);
    return { seen, listed };
  };
  return { weights, words: list('words'), bytes: list('bytes') };
}

/** The costs as source text. */
function literal({ weights, words, bytes }: SpikingCosts): string {
  const group = (values: object): string =>
    `{ ${Object.entries(values)
      .map(([name, value]) => `${name}: ${typeof value === 'object' ? group(value) : value}`)
      .join(', ')} }`;
  const lines = Object.entries(weights).map(([kind, costs]) => `      ${kind}: ${group(costs)},\n`);
  return `{\n    weights: {\n${lines.join('')}    },\n    words: ${group(words)},\n    bytes: ${group(bytes)},\n  }`;
}

/** Measures on this machine and writes the table that the compiler reads. */
export function writeCosts(root: string, targets: Readonly<Record<string, Target>>, rounds: number): void {
  const entries = Object.entries(targets).map(
    ([name, target]) => `  ${name}: ${literal(costsOf(root, target, rounds))},\n`,
  );
  const date = new Date().toISOString().slice(0, 10);
  const source = [
    "import type { SpikingCostTable } from './spiking.js';\n",
    `/** Fitted by \`node tools/bench/spiking/run.mjs --fit\` on ${date}: ${cpus()[0]?.model}, Node ${process.versions.node}. */`,
    `export const spikingCosts: SpikingCostTable = {\n${entries.join('')}};\n`,
  ].join('\n');
  writeFileSync(join(root, 'src/compile/cost/spiking-table.ts'), source);
}
