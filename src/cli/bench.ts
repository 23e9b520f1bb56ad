import { fold } from '../compress/fold/fold.js';
import { pacer } from '../compress/pace.js';
import { type Contender, contenderOf } from './against.js';
import { type Command, type Given, modelOperand } from './command.js';
import { engineFacts, engineIn, engineOptions, start } from './engine.js';
import { type Io, UsageError } from './io.js';
import { type ModelFile, readModel } from './model-file.js';
import { choiceIn, integerIn, valueIn } from './parse.js';
import { progressLine } from './progress.js';
import { randomInputs } from './random-inputs.js';
import { shapeOption, shapesIn } from './shapes.js';
import { percentile } from './statistics.js';
import { facts, table } from './table.js';
import { formatMs } from './text.js';

/** Runs before timing, so that code is compiled and caches are warm. */
const warmups = 5;

interface Timing {
  readonly name: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly p90Ms: number;
}

/** Times all contenders in turns, so that a change in the machine's speed meets them alike. */
async function measure(
  contenders: readonly Contender[],
  runs: number,
  { err, signal }: Io,
): Promise<readonly Timing[]> {
  const times = contenders.map((): number[] => []);
  const progress = progressLine(err, 'timing', 'runs');
  const pace = pacer(signal);
  try {
    for (let i = -warmups; i < runs; i++) {
      for (const [c, contender] of contenders.entries()) {
        await pace();
        const begin = performance.now();
        await contender.run();
        if (i >= 0) times[c]?.push(performance.now() - begin);
      }
      if (i >= 0) progress.update(i + 1, runs);
    }
  } finally {
    progress.finish();
  }
  return contenders.map(({ name }, c) => {
    const own = times[c] ?? [];
    return { name, medianMs: percentile(own, 50), minMs: Math.min(...own), p90Ms: percentile(own, 90) };
  });
}

function report(timings: readonly Timing[]): string {
  const [own, ...others] = timings;
  const ratio = (timing: Timing): string =>
    others.length === 0 ? '' : (timing.medianMs / (own?.medianMs ?? 1)).toFixed(2);
  return table(
    [
      { title: 'engine' },
      { title: 'median', align: 'right' },
      { title: 'fastest', align: 'right' },
      { title: '90 %', align: 'right' },
      { title: 'median / spikelet', align: 'right' },
    ],
    timings.map((t) => [t.name, formatMs(t.medianMs), formatMs(t.minMs), formatMs(t.p90Ms), ratio(t)]),
  );
}

function onnxFile(given: Given, path: string, kind: ModelFile['kind']): string {
  const file = valueIn(given, 'onnx') ?? (kind === 'onnx' ? path : undefined);
  if (file === undefined) {
    throw new UsageError('--against onnxruntime-web needs the same network as --onnx <file.onnx>');
  }
  return file;
}

export const bench: Command = {
  name: 'bench',
  summary: 'Time whole runs, also next to another engine',
  operands: [modelOperand],
  options: {
    runs: { value: '<n>', help: 'timed runs (default 50)' },
    against: { value: '<engine>', help: 'onnxruntime-web, if it is installed: timed in turns with ours' },
    onnx: {
      value: '<file>',
      help: 'the same network for onnxruntime-web, where the model is not ONNX itself',
    },
    ...engineOptions,
    ...shapeOption,
  },
  examples: [
    'spikelet bench model.spikelet --threads 2',
    'spikelet bench model.spikelet --against onnxruntime-web --onnx model.onnx',
  ],
  async run(given, io) {
    const runs = integerIn(given, 'runs', 50, 1, 100_000);
    const against = choiceIn(given, 'against', ['onnxruntime-web']);
    const engine = engineIn(given);
    const { threads } = engine;
    const path = given.positionals[0] ?? '';
    const file = await readModel(path, shapesIn(given));
    const graph = file.kind === 'onnx' ? fold(file.graph) : file.graph;
    const inputs = randomInputs(graph);
    const other = against && (await contenderOf(onnxFile(given, path, file.kind), inputs, threads));
    const model = await start(graph, engine, io.signal);
    try {
      const own: Contender = {
        name: 'spikelet',
        run: () => model.run(inputs),
        close: () => model.close(),
      };
      const timings = await measure(other ? [own, other] : [own], runs, io);
      if (given.switches.has('json')) {
        const about = { model: graph.name, variant: model.explain().variant, threads, runs };
        io.out.write(`${JSON.stringify({ ...about, engines: timings })}\n`);
      } else {
        const heading = facts([
          ['model', graph.name],
          ['engine', engineFacts(model)],
          ['runs', String(runs)],
        ]);
        io.out.write(`${heading}\n\n${report(timings)}\n`);
      }
    } finally {
      model.close();
      other?.close();
    }
  },
};
