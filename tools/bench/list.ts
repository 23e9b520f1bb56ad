// Prints the names of the benchmarks. It takes nothing of the built package, so that nothing is built for it.
import { readArguments, runProgram } from './arguments.js';
import { planBenchmarks } from './plan.js';
import { findRuntimes } from './runtimes.js';

await runProgram(() => {
  const { quick } = readArguments();
  const names = planBenchmarks(findRuntimes(process.cwd()), quick).map(({ name }) => name);
  process.stdout.write(`${names.join('\n')}\n`);
  return 0;
});
