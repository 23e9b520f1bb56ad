import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SpikeletError } from '../../error.js';
import type { Given } from '../command.js';
import { writeWhole } from '../files.js';
import { type Io, UsageError } from '../io.js';
import { integerIn, valueIn } from '../parse.js';
import { type Finished, finish } from './finish.js';
import { followLog } from './follow.js';
import { type History, readLog } from './log.js';
import { type Description, type MethodName, type MethodOption, methodArguments } from './methods.js';
import { quantizationOf } from './quantize.js';
import { reportPage } from './report/page.js';
import { type Trained, trainedDocument, trainedText } from './result.js';
import { openTestData } from './test-data.js';
import { runTools, type Tools } from './tools.js';

/** What was asked for. */
export interface TrainRequest {
  readonly method: MethodName;
  /** Arguments after the method, as they were given. */
  readonly argv: readonly string[];
  readonly given: Given;
  readonly options: readonly MethodOption[];
  readonly description: Description;
  readonly tools: Tools;
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The command line as a shell takes it. */
const commandLine = ({ method, argv }: TrainRequest): string =>
  ['spikelet', 'train', method, ...argv.filter((word) => word !== '--json').map(quoted)].join(' ');

function checkFolder(out: string): void {
  if (existsSync(out) && !statSync(out).isDirectory()) {
    throw new SpikeletError('not-found', 'is no folder, but --out must be one', { where: out });
  }
  mkdirSync(out, { recursive: true });
}

/** Trains to the end of the schedule, from the checkpoint where there is one. */
async function runToTheEnd(
  request: TrainRequest,
  args: readonly string[],
  out: string,
  io: Io,
): Promise<void> {
  const stop = followLog(join(out, 'log.jsonl'), io.err);
  try {
    await runTools(request.tools, [request.method, ...args], io);
  } finally {
    stop();
  }
}

/** Says how to go on after Ctrl-C. */
function tellHowToGoOn(request: TrainRequest, out: string, io: Io): void {
  const checkpoint = join(out, 'checkpoint.pt');
  const { epochs } = readLog(join(out, 'log.jsonl'));
  const state = existsSync(checkpoint)
    ? `${checkpoint} has the training after epoch ${epochs.at(-1)?.epoch ?? 0}; the same command goes on from there:`
    : 'no epoch was finished; the same command begins anew:';
  io.err.write(`${io.err.isTTY ? '\r\u001b[K' : ''}${state}\n  ${commandLine(request)}\n`);
}

/** Trains, makes the model, evaluates it and reports. */
export async function train(request: TrainRequest, io: Io): Promise<void> {
  const { given, options } = request;
  const args = methodArguments(given, options);
  const limit = integerIn(given, 'test-images', Number.POSITIVE_INFINITY);
  const [data, out] = [valueIn(given, 'data') ?? '', valueIn(given, 'out') ?? ''];
  const quantization = quantizationOf(request.method, given, data);
  // Data that cannot be evaluated on are refused before hours are spent.
  const testData = await openTestData(data, limit);
  if (quantization && testData.unit === 'pixels') {
    throw new UsageError(
      '--quantize takes its samples from images: train a scene with the method qat instead',
    );
  }
  try {
    checkFolder(out);
    await runToTheEnd(request, args, out, io);
    const finished = await finish({ out, testData, quantization }, request.tools, io);
    const history = readLog(join(out, 'log.jsonl'));
    const trained = trainedOf(request, finished, history, out);
    writeWhole(trained.report, reportPage(trained), io.signal);
    const text = given.switches.has('json') ? JSON.stringify(trainedDocument(trained)) : trainedText(trained);
    io.out.write(`${text}\n`);
  } catch (error) {
    if (io.signal.aborted) tellHowToGoOn(request, out, io);
    throw error;
  } finally {
    testData.close();
  }
}

function trainedOf(request: TrainRequest, finished: Finished, history: History, out: string): Trained {
  const { method, description } = request;
  return {
    method,
    command: commandLine(request),
    out,
    report: join(out, 'report.html'),
    history,
    python: description.python,
    torch: description.torch,
    ...finished,
  };
}
