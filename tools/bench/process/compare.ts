import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pack } from 'spikelet/format';
import { toOnnx } from '../../onnx/index.js';
import { type Arithmetic, networks } from '../networks/index.js';
import type { NodeRuntime } from '../runtimes.js';
import { type Ratio, ratioOf, type Spread, spreadOf } from '../statistics.js';

const run = promisify(execFile);

type ProcessEngine = 'spikelet' | 'onnxruntime-web';

const processEngines: readonly ProcessEngine[] = ['spikelet', 'onnxruntime-web'];

/** The same network in both engines' files. */
type ModelFiles = Readonly<Record<ProcessEngine, string>>;

export interface ProcessComparison {
  readonly quantity: 'cold start' | 'memory added' | 'memory peak' | 'linear memory';
  readonly unit: 'ms' | 'MB';
  readonly runtime: string;
  readonly arithmetic: Arithmetic;
  readonly ours: Spread;
  readonly theirs: Spread;
  /** onnxruntime-web over ours. */
  readonly ratio: Ratio;
}

function writeModels(folder: string, arithmetic: Arithmetic): ModelFiles {
  mkdirSync(folder, { recursive: true });
  const graph = networks.resnet18({ arithmetic });
  const name = `resnet18-${arithmetic === 'f32' ? 'f32' : `int${arithmetic}`}`;
  const files = {
    spikelet: join(folder, `${name}.spikelet`),
    'onnxruntime-web': join(folder, `${name}.onnx`),
  };
  writeFileSync(files.spikelet, pack(graph));
  writeFileSync(files['onnxruntime-web'], toOnnx(graph));
  return files;
}

/** Runs both engines in turn, each in fresh processes; results by engine and round. */
async function rounds<Result>(
  runtime: NodeRuntime,
  root: string,
  files: ModelFiles,
  what: 'coldStart' | 'memory',
  count: number,
): Promise<Readonly<Record<ProcessEngine, readonly Result[]>>> {
  const script = join(root, 'tools/bench/process/measure.mjs');
  const results: Record<ProcessEngine, Result[]> = { spikelet: [], 'onnxruntime-web': [] };
  for (let round = 0; round < count; round++) {
    for (const engine of processEngines) {
      const { stdout } = await run(runtime.command, ['--expose-gc', script, engine, files[engine], what]);
      results[engine].push(JSON.parse(stdout));
    }
  }
  return results;
}

interface MemoryResult {
  readonly added: number;
  readonly peak: number;
  readonly linear: number;
}

const inMegabytes = (bytes: number): number => bytes / 1e6;

/** Cold start and memory of ResNet-18, onnxruntime-web beside ours. */
export async function compareProcesses(
  runtime: NodeRuntime,
  root: string,
  what: 'cold start' | 'memory',
  arithmetic: Arithmetic,
  count: number,
): Promise<readonly ProcessComparison[]> {
  const files = writeModels(join(root, 'build/bench/models'), arithmetic);
  const comparison = (
    quantity: ProcessComparison['quantity'],
    unit: ProcessComparison['unit'],
    ours: readonly number[],
    theirs: readonly number[],
  ): ProcessComparison => ({
    ...{ quantity, unit, runtime: runtime.name, arithmetic },
    ...{ ours: spreadOf(ours), theirs: spreadOf(theirs), ratio: ratioOf(theirs, ours) },
  });
  if (what === 'cold start') {
    const times = await rounds<{ readonly milliseconds: number }>(runtime, root, files, 'coldStart', count);
    const [ours, theirs] = processEngines.map((engine) => times[engine].map((result) => result.milliseconds));
    return [comparison('cold start', 'ms', ours ?? [], theirs ?? [])];
  }
  const results = await rounds<MemoryResult>(runtime, root, files, 'memory', count);
  const row = (quantity: ProcessComparison['quantity'], pick: (result: MemoryResult) => number) =>
    comparison(
      quantity,
      'MB',
      results.spikelet.map((result) => inMegabytes(pick(result))),
      results['onnxruntime-web'].map((result) => inMegabytes(pick(result))),
    );
  return [
    row('memory added', ({ added }) => added),
    row('memory peak', ({ peak }) => peak),
    row('linear memory', ({ linear }) => linear),
  ];
}
