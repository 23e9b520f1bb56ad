import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { readArguments, runProgram } from './arguments.js';
import { checkClaims } from './claims.js';
import { compareDownloads, type Download } from './download.js';
import { type KernelResult, measureKernels } from './kernels/compare.js';
import { type Benchmark, planBenchmarks } from './plan.js';
import { compareProcesses, type ProcessComparison } from './process/compare.js';
import type { LatencyResult, Results } from './results.js';
import { findRuntimes, type Runtime } from './runtimes.js';
import { launchSession } from './sessions/launch.js';
import { spreadOf } from './statistics.js';
import { formatResults } from './tables.js';

type Latency = Extract<Benchmark, { kind: 'latency' }>;

async function measureLatency(benchmark: Latency, root: string): Promise<LatencyResult> {
  const { agreements, timings, network } = await launchSession(benchmark.runtime, root, benchmark.session);
  const cells = timings.map(({ samples, ...entrant }) => ({
    ...entrant,
    milliseconds: spreadOf(samples),
    samples: samples.map((sample) => Number(sample.toFixed(4))),
  }));
  return { runtime: benchmark.runtime.name, network, threads: benchmark.threads, cells, agreements };
}

async function measureAll(benchmarks: readonly Benchmark[], root: string) {
  const latency: LatencyResult[] = [];
  const processes: ProcessComparison[] = [];
  const kernels: KernelResult[] = [];
  const downloads: Download[] = [];
  for (const [index, benchmark] of benchmarks.entries()) {
    process.stderr.write(`[${index + 1}/${benchmarks.length}] ${benchmark.name}\n`);
    switch (benchmark.kind) {
      case 'latency':
        latency.push(await measureLatency(benchmark, root));
        break;
      case 'cold start':
      case 'memory': {
        const { runtime, kind, arithmetic, count } = benchmark;
        processes.push(...(await compareProcesses(runtime, root, kind, arithmetic, count)));
        break;
      }
      case 'kernels':
        kernels.push(measureKernels(benchmark.runtime, root, benchmark.rounds));
        break;
      case 'download':
        downloads.push(...(await compareDownloads(root)));
        break;
    }
  }
  return { latency, processes, kernels, downloads };
}

function describeMachine(runtimes: readonly Runtime[]): Results['machine'] {
  const [processor] = cpus();
  return {
    cpu: processor?.model ?? 'unknown',
    cores: cpus().length,
    load: loadavg()[0] ?? 0,
    runtimes: Object.fromEntries(runtimes.map(({ name, version }) => [name, version])),
  };
}

function save(root: string, results: Results): string {
  const folder = join(root, 'tools/bench/results');
  mkdirSync(folder, { recursive: true });
  const machine = results.machine.cpu.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const file = join(folder, `${results.date.slice(0, 10)}-${machine}.json`);
  writeFileSync(file, `${JSON.stringify(results)}\n`);
  return file;
}

async function main(): Promise<number> {
  const values = readArguments();
  const root = process.cwd();
  const runtimes = findRuntimes(root);
  const benchmarks = planBenchmarks(runtimes, values.quick).filter(({ name }) => name.includes(values.only));
  if (benchmarks.length === 0) {
    const names = planBenchmarks(runtimes, values.quick).map(({ name }) => name);
    process.stderr.write(`no benchmark is named '${values.only}'; known are\n${names.join('\n')}\n`);
    return 2;
  }
  const machine = describeMachine(runtimes);
  const date = new Date().toISOString();
  const measured = { date, machine, quick: values.quick, ...(await measureAll(benchmarks, root)) };
  const results: Results = { ...measured, claims: checkClaims(measured) };
  if (values.save) process.stderr.write(`saved ${save(root, results)}\n`);
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : formatResults(results));
  return 0;
}

await runProgram(main);
