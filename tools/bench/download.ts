import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

export interface DownloadPart {
  readonly name: string;
  readonly bytes: number;
  readonly gzip: number;
}

export interface Download {
  readonly engine: string;
  readonly parts: readonly DownloadPart[];
  readonly gzip: number;
}

const part = (name: string, contents: Uint8Array): DownloadPart => ({
  name,
  bytes: contents.length,
  gzip: gzipSync(contents, { level: 9 }).length,
});

const total = (engine: string, parts: readonly DownloadPart[]): Download => ({
  engine,
  parts,
  gzip: parts.reduce((sum, { gzip }) => sum + gzip, 0),
});

/** Outputs of the bundler that load together with `path`: those it imports statically, and theirs. */
function loadedWith(path: string, outputs: Metafile['outputs'], found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
    if (kind === 'import-statement') loadedWith(imported, outputs, found);
  }
  return found;
}

/**
 * What a page downloads of ours to run a dense model: the runtime's scripts and the core of the kernels in the largest
 * of its variants, of which it takes one. Other kernels, and scripts for workers and threads, come when they are needed
 * and do not count.
 */
export async function ownDownload(root: string): Promise<Download> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'dist/index.js')],
    outdir: join(root, 'build/bench/download'),
    absWorkingDir: root,
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ write: false, metafile: true, logLevel: 'error' },
    external: ['node:*'],
  });
  const entryOf = (wanted: string): string[] =>
    Object.entries(metafile.outputs).flatMap(([path, { entryPoint }]) =>
      entryPoint?.includes(wanted) ? [path] : [],
    );
  const partOf = (name: string, path: string): DownloadPart => {
    const file = outputFiles.find((output) => output.path === join(root, path));
    return part(name, file?.contents ?? new Uint8Array());
  };
  const runtime = entryOf('dist/index.js').flatMap((path) => [...loadedWith(path, metafile.outputs)]);
  const variants = entryOf('kernels/generated/core-').map((path) => partOf('kernels', path));
  const [largest] = variants.sort((a, b) => b.gzip - a.gzip);
  if (variants.length !== 4 || !largest)
    throw new Error(`four kernel variants expected, not ${variants.length}`);
  return total('spikelet', [...runtime.map((path) => partOf('runtime', path)), largest]);
}

function onnxruntimeDownload(root: string): Download {
  const files = ['ort.wasm.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
  const folder = join(root, 'node_modules/onnxruntime-web/dist');
  return total(
    'onnxruntime-web',
    files.map((name) => part(name, readFileSync(join(folder, name)))),
  );
}

/** Bytes that a page downloads before it can run a model, by gzip -9. */
export async function compareDownloads(root: string): Promise<readonly Download[]> {
  return [await ownDownload(root), onnxruntimeDownload(root)];
}
