import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

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

/** What a page downloads of ours: the bundled runtime and the largest of the kernel variants, of which it takes one. */
async function ownDownload(root: string): Promise<Download> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, 'dist/index.js')],
    outdir: join(root, 'build/bench/download'),
    absWorkingDir: root,
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ write: false, metafile: true, logLevel: 'warning' },
    external: ['node:*'],
  });
  const parts = outputFiles.map((file) => {
    const output = Object.entries(metafile.outputs).find(([path]) => join(root, path) === file.path)?.[1];
    const inputs = Object.keys(output?.inputs ?? {});
    const alone = output?.entryPoint === undefined || output.entryPoint.includes('/kernels/generated/');
    const variant = alone ? inputs.find((path) => path.includes('/kernels/generated/')) : undefined;
    return { variant, ...part(variant === undefined ? 'runtime' : 'kernels', file.contents) };
  });
  const runtime = parts.filter(({ variant }) => variant === undefined);
  const kernels = parts.filter(({ variant }) => variant !== undefined).sort((a, b) => b.gzip - a.gzip);
  const chosen = [...runtime, ...kernels.slice(0, 1)].map(({ name, bytes, gzip }) => ({ name, bytes, gzip }));
  return total('spikelet', chosen);
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
