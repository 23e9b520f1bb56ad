// Builds the package into dist/: kernels, type declarations, and modules in as few files as its entry points allow,
// because each file costs time at the start of a program.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { entryPoints } from './entries.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'dist');

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** All but the loader: to resolve it at run time takes longer than to read its few lines. */
const externals = Object.keys(
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies,
).filter((name) => name !== '@assemblyscript/loader');

async function bundle() {
  const entries = Object.entries(entryPoints(root)).filter(([, source]) => existsSync(source));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map(([out, source]) => ({ out, in: source })),
    outdir: dist,
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    external: ['node:*', ...externals, ...externals.map((name) => `${name}/*`)],
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: 'warning',
  });
  return new Set(Object.keys(metafile.outputs).map((name) => join(root, name)));
}

/** Removes modules of earlier builds, and declarations whose source is gone. */
function removeStale(written) {
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = join(dist, name);
    const source = join(root, 'src', name.replace(/\.d\.ts$/, '.ts'));
    const isStale = name.endsWith('.js') ? !written.has(file) : name.endsWith('.d.ts') && !existsSync(source);
    if (isStale) rmSync(file);
  }
}

run('tools/build/kernels.mjs');
removeStale(await bundle());
mkdirSync(join(dist, 'kernels'), { recursive: true });
for (const name of readdirSync(join(root, 'build/kernels')).filter((file) => file.endsWith('.wasm'))) {
  copyFileSync(join(root, 'build/kernels', name), join(dist, 'kernels', name));
}
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--emitDeclarationOnly');
