// Builds the package into dist/: kernels, type declarations, and modules in as few files as its entry points allow,
// because each file costs time at the start of a program.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { entryPoints } from './entries.mjs';
import { bundleRuntime } from './runtime.mjs';
import { swapFolder } from './swap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** Becomes dist/ once everything is in it. */
const built = join(root, `build/dist-${process.pid}`);
process.on('exit', () => rmSync(built, { recursive: true, force: true }));

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** All but the loader: to resolve it at run time takes longer than to read its few lines. */
const externals = Object.keys(
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies,
).filter((name) => name !== '@assemblyscript/loader');

const minification = {
  target: 'es2022',
  minifyWhitespace: true,
  minifySyntax: true,
  // Node prints the line at which an error was thrown: it must not be the whole file.
  lineLimit: 1000,
};

const settings = {
  ...minification,
  absWorkingDir: root,
  outdir: built,
  bundle: true,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  format: 'esm',
  platform: 'neutral',
  external: ['node:*', ...externals, ...externals.map((name) => `${name}/*`)],
  write: false,
  logLevel: 'warning',
};

/** Modules that the entry points of one bundle take from another, as files of dist/. */
const shared = new Map(['index', 'error'].map((name) => [join(root, `src/${name}.ts`), `${name}.js`]));
const placeholder = 'dist:';

/** Leaves shared modules out of a bundle. */
const withoutShared = {
  name: 'without-shared',
  setup({ onResolve }) {
    onResolve({ filter: /(index|error)\.js$/ }, ({ path, resolveDir }) => {
      const file = shared.get(join(resolveDir, path.replace(/\.js$/, '.ts')));
      return file && { path: `${placeholder}${file}`, external: true };
    });
  },
};

/**
 * Leaves out imports for nothing but their side effects, by which chunks would be run in the order of the source: they
 * have none, as package.json says, so that the bundler of a program would warn of such an import.
 */
function withoutBareImports(text) {
  const imports = /^(#!.*\n)?(import([^"(;]*from)?\s*"[^"]*";\s*)+/;
  return text.replace(imports, (head) => head.replaceAll(/import\s*"\.[^"]*";/g, ''));
}

function write(path, text) {
  const up = relative(dirname(path), built);
  mkdirSync(dirname(path), { recursive: true });
  const code = text.replaceAll(`"${placeholder}`, `"${up === '' ? '.' : up}/`);
  writeFileSync(path, withoutBareImports(code));
}

/**
 * The runtime is a bundle of its own: were it one with the other entry points, its modules would lie in as many files
 * as there are ways to share them, and each file costs time at the start of a program.
 */
async function bundle() {
  const entries = Object.entries(entryPoints(root)).filter(([, source]) => existsSync(source));
  const isRuntime = ([out]) => /^(index|external|thread|serve|stage|kernels\/.*)$/.test(out);
  const runtime = [...entries.filter(isRuntime), ['error', join(root, 'src/error.ts')]];
  const others = entries.filter((entry) => !isRuntime(entry));
  const isExternal = new RegExp(`^(node:|(${externals.join('|')})(/|$))`);
  const files = await bundleRuntime(root, Object.fromEntries(runtime), isExternal, minification);
  for (const [path, text] of files) write(join(built, path), text);
  const entryList = others.map(([out, source]) => ({ out, in: source }));
  const { outputFiles } = await build({ ...settings, entryPoints: entryList, plugins: [withoutShared] });
  for (const { path, text } of outputFiles) write(path, text);
}

run('tools/build/kernels.mjs', ...process.argv.slice(2).filter((word) => word === '--verbose'));
await bundle();
mkdirSync(join(built, 'kernels'), { recursive: true });
for (const name of readdirSync(join(root, 'build/kernels')).filter((file) => file.endsWith('.wasm'))) {
  copyFileSync(join(root, 'build/kernels', name), join(built, 'kernels', name));
}
const declarations = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', built];
run('node_modules/typescript/bin/tsc', ...declarations);
swapFolder(built, join(root, 'dist'));
