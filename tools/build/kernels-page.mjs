// Writes docs/kernels.md from the table of kernels and the comments of assembly/.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [here('kernels-page.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { kernelsPage } = await import(`data:text/javascript;base64,${code}`);
await writeFile(here('../../docs/kernels.md'), kernelsPage(here('../../assembly')));
