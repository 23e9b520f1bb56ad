// Writes docs/nir.md from the table of NIR nodes.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [here('nir-page.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { nirPage } = await import(`data:text/javascript;base64,${code}`);
await writeFile(here('../../docs/nir.md'), nirPage());
