// Damages model files for as long as asked: node tools/test/fuzz.mjs [--seconds 60] [--seed N] [--target unpack]
import { mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string' },
  },
});

/** A number that an option must give, or the end of the program. */
function numberOf(option, expected, isRight) {
  const value = Number(values[option]);
  if (values[option].trim() !== '' && isRight(value)) return value;
  console.error(`--${option} must be ${expected}, got '${values[option]}'`);
  process.exit(2);
}

const seconds = numberOf('seconds', 'a number above 0', (value) => value > 0 && Number.isFinite(value));
const seed = numberOf('seed', 'an integer', Number.isInteger);

mkdirSync(path('build/fuzz'), { recursive: true });
const bundle = path('build/fuzz/fuzz.mjs');
await build({
  stdin: {
    contents: `export { fuzz } from './test/faults/fuzz.js';
      export { loadTarget, onnxTarget, unpackTarget } from './test/faults/targets.js';
      export { load } from './src/index.js';`,
    resolveDir: path('.'),
    loader: 'ts',
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
  logLevel: 'error',
});
const { fuzz, load, loadTarget, onnxTarget, unpackTarget } = await import(pathToFileURL(bundle).href);

const targets = [unpackTarget, onnxTarget, loadTarget(load)].filter(
  ({ name }) => values.target === undefined || name === values.target,
);
if (targets.length === 0) {
  console.error(`no target '${values.target}': unpack, fromOnnx or load`);
  process.exit(2);
}
console.error(`seed ${seed}, ${seconds} s`);
for (const target of targets) {
  const end = performance.now() + (seconds * 1000) / targets.length;
  const report = await fuzz(target, seed, () => performance.now() > end);
  const refused = [...report.refused].map(([code, count]) => `${code} ${count}`).join(', ');
  console.log(
    `${target.name}: ${report.cases} damaged files, ${report.accepted} still read, refused: ${refused}; ` +
      `slowest ${report.slowestMs.toFixed(0)} ms`,
  );
}
console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
