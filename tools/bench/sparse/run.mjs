// Sparse against dense int8 convolutions, one thread, by turns:
//   node tools/bench/sparse/run.mjs [--layers] [--networks] [--densities 0.1,0.05] [--variant relaxed] [--rounds 11]
// Fits the compiler's cost model and writes src/compile/cost/table.ts:
//   node tools/bench/sparse/run.mjs --fit
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
const outfile = join(root, 'build/bench/sparse.mjs');
mkdirSync(dirname(outfile), { recursive: true });
await build({
  entryPoints: [join(here, 'main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
});
const { main } = await import(outfile);
await main(process.argv.slice(2), root);
