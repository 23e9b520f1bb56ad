// Bundles TypeScript programs of tools/ and examples/. The package is not part of them: by its own name they find the
// one built in dist/.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Leaves the package outside of a bundle, whatever paths the type checker finds it at. */
const leavePackage = (place) => ({
  name: 'leave-package',
  setup(context) {
    context.onResolve({ filter: /^spikelet(\/|$)/ }, ({ path }) => ({ path: place(path), external: true }));
  },
});

/** Where a server of the root has an entry of the built package. */
const addressOf = (entry) =>
  entry === 'spikelet' ? '/dist/index.js' : `/dist/${entry.slice('spikelet/'.length)}/index.js`;

const common = { bundle: true, format: 'esm', logLevel: 'warning' };

/** Bundles programs for Node into `<outdir>/<name>.mjs`; packages stay outside. */
export async function bundleForNode(entryPoints, outdir) {
  await build({
    ...common,
    entryPoints: entryPoints.map((entry) => join(root, entry)),
    outdir: join(root, outdir),
    entryNames: '[name]',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node20',
    packages: 'external',
    plugins: [leavePackage((path) => path)],
  });
}

/** Bundles a page's script, packages included, for a server that has the built package at /dist. */
export async function bundleForBrowser(entryPoint, outfile) {
  await build({
    ...common,
    entryPoints: [join(root, entryPoint)],
    outfile: join(root, outfile),
    platform: 'browser',
    target: 'es2022',
    // onnxruntime-web alone, its WebAssembly files beside it: what a page that cares for its size would take.
    alias: { 'onnxruntime-web': 'onnxruntime-web/wasm' },
    conditions: ['onnxruntime-web-use-extern-wasm'],
    plugins: [leavePackage(addressOf)],
  });
}
