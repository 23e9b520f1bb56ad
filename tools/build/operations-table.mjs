// Writes docs/operations.md from the table of operations.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [here('operations-table.ts')],
  bundle: true,
  format: 'esm',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { operationsPage } = await import(`data:text/javascript;base64,${code}`);
await mkdir(here('../../docs'), { recursive: true });
await writeFile(here('../../docs/operations.md'), operationsPage());
