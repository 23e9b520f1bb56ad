import { existsSync } from 'node:fs';
import { fold } from '../compress/fold/fold.js';
import type { Graph } from '../graph/graph.js';
import { load, type Model } from '../index.js';
import {
  type ModelProfile,
  profile as measureProfile,
  pipeline as openPipeline,
  type Pipeline,
  readProfile,
  type StageFigures,
  writeProfile,
} from '../pipeline/index.js';
import { type Command, type Given, modelOperand } from './command.js';
import { checkTarget, readWhole, writeWhole } from './files.js';
import { type Io, UsageError } from './io.js';
import { readModel } from './model-file.js';
import { integerIn, valueIn } from './parse.js';
import { deviceOptions, runOnDevices } from './pipeline-devices.js';
import { progressLine } from './progress.js';
import { randomInputs } from './random-inputs.js';
import { shapeOption, shapesIn } from './shapes.js';
import { facts, table } from './table.js';
import { formatBytes, formatMs, formatPercent } from './text.js';

/** Pairs of turns, pipeline and single worker, that the items are sent in. */
const turns = 5;

type Inputs = Parameters<Model['run']>[0];

/** The layers' times from a file, which is written first where it is not there yet. */
async function profileIn(given: Given, graph: Graph, io: Io): Promise<ModelProfile | undefined> {
  const path = valueIn(given, 'profile');
  if (path === undefined) return undefined;
  if (existsSync(path)) return readProfile(new TextDecoder().decode(readWhole(path)));
  checkTarget(path, 'profile.json');
  const progress = progressLine(io.err, 'measuring', 'layers');
  try {
    const measured = await measureProfile(graph, {
      signal: io.signal,
      onLayer: (_, index, total) => progress.update(index + 1, total),
    });
    writeWhole(path, writeProfile(measured), io.signal);
    return measured;
  } finally {
    progress.finish();
  }
}

/** Seconds that so many equal items take through the pipeline, and one by one through a single worker. */
async function compare(line: Pipeline, single: Model, inputs: Inputs, items: number, io: Io) {
  const progress = progressLine(io.err, 'running', 'items');
  const each = Math.ceil(items / turns);
  const times: { readonly pipeline: number; readonly single: number }[] = [];
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
  };
  const through = async (): Promise<void> => {
    for await (const _ of line.map(Array<Inputs>(each).fill(inputs))) io.signal?.throwIfAborted();
  };
  const alone = async (): Promise<void> => {
    for (let i = 0; i < each; i++) await single.run(inputs, { signal: io.signal });
  };
  try {
    await Promise.all([line.run(inputs), single.run(inputs)]);
    for (let turn = 0; turn < turns; turn++) {
      times.push({ pipeline: await timed(through), single: await timed(alone) });
      progress.update((turn + 1) * each, turns * each);
    }
  } finally {
    progress.finish();
  }
  const perItem = (key: 'pipeline' | 'single'): number => {
    const sorted = times.map((time) => time[key]).sort((a, b) => a - b);
    return (sorted[turns >> 1] ?? Number.NaN) / each;
  };
  return { pipeline: perItem('pipeline'), single: perItem('single') };
}

function stagesInWords(figures: readonly StageFigures[], line: Pipeline, period: number): string {
  const memory = line.explain().map(({ memory: { regions } }) => regions.constants);
  return table(
    ['stage', 'worker', 'layers', 'weights', 'an item', 'busy'].map((title) => ({
      title,
      align: title === 'worker' ? ('left' as const) : ('right' as const),
    })),
    figures.map(({ stage, device, begin, end, items, busyMs }) => [
      String(stage + 1),
      device,
      `${begin + 1}-${end}`,
      formatBytes(memory[stage] ?? 0),
      formatMs(busyMs / items),
      formatPercent(busyMs / items / 1000 / period),
    ]),
  );
}

/** Either workers of this machine or devices, with the options of those alone. */
function checkPlace({ values }: Given): void {
  if (values.has('workers') === values.has('nats')) {
    throw new UsageError('pipeline needs --workers <n>, or --nats <url> for devices');
  }
  const stray = Object.keys(deviceOptions).find((name) => values.has(name) && !values.has('nats'));
  if (stray !== undefined) throw new UsageError(`--${stray} goes together with --nats`);
}

export const pipeline: Command = {
  name: 'pipeline',
  summary: 'Run a model as a pipeline of workers, next to a single one, or of devices',
  operands: [modelOperand],
  options: {
    workers: { value: '<n>', help: 'workers, each with a share of the layers' },
    profile: {
      value: '<file>',
      help: 'share the layers out by times in this file; they are measured and written to it if it is not there (with --nats it has to be)',
    },
    items: { value: '<n>', help: 'made-up items to send through (default 100)' },
    ...deviceOptions,
    ...shapeOption,
  },
  examples: [
    'spikelet pipeline model.spikelet --workers 2',
    'spikelet pipeline vit.spikelet --workers 4 --profile profile.json',
    'spikelet pipeline vit.spikelet --nats nats://127.0.0.1:4222 --devices-wanted 3',
  ],
  async run(given, io) {
    checkPlace(given);
    const workers = integerIn(given, 'workers', 1, 1, 64);
    const items = integerIn(given, 'items', 100, turns, 1_000_000);
    const path = given.positionals[0] ?? '';
    const file = await readModel(path, shapesIn(given));
    const graph = file.kind === 'onnx' ? fold(file.graph) : file.graph;
    if (graph.inputs.length === 0)
      throw new UsageError(`${path} has no inputs: there is nothing to send through`);
    if (given.values.has('nats')) return runOnDevices(graph, given, items, io);
    const profile = await profileIn(given, graph, io);
    const single = await load(graph, { worker: true, signal: io.signal });
    const line = await openPipeline(graph, { workers, profile, signal: io.signal });
    try {
      const seconds = await compare(line, single, randomInputs(graph), items, io);
      const figures = await line.figures();
      const ratio = seconds.single / seconds.pipeline;
      if (given.switches.has('json')) {
        const { schedule } = line;
        io.out.write(
          `${JSON.stringify({ model: graph.name, workers, seconds, ratio, stages: figures, schedule })}\n`,
        );
        return;
      }
      const heading = facts([
        ['model', graph.name],
        ['pipeline', `${(1 / seconds.pipeline).toFixed(2)} items a second`],
        ['one worker', `${(1 / seconds.single).toFixed(2)} items a second`],
        ['ratio', `${ratio.toFixed(2)}x`],
      ]);
      io.out.write(`${heading}\n\n${stagesInWords(figures, line, seconds.pipeline)}\n`);
    } finally {
      line.close();
      single.close();
    }
  },
};
