// Single kernels against the register-only peak of one core:
//   node tools/bench/kernels/run.mjs [--kernels u8i8_conv_6x8,...] [--rounds 31] [--stack] [--json]
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { measurePeaks } from './peak.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
const outfile = join(root, 'build/bench/kernels.mjs');
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
await main(process.argv.slice(2), root, measurePeaks);
