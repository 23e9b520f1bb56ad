// Bundles what pages and programs run: one file with all that every model needs, one for threads, and one for each
// part that few models need. A splitting bundler left alone makes a file for each set of parts that shares modules.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { transform } from 'esbuild';
import { rolldown } from 'rolldown';

const imports = /^\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/gm;

/** The modules that run when `file` is imported: itself and what it imports, but not what it may import later. */
function reachedFrom(file, reached = new Set()) {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const [, type, from] of readFileSync(file, 'utf8').matchAll(imports)) {
    if (!type && from.startsWith('.'))
      reachedFrom(resolve(dirname(file), from.replace(/\.js$/, '.ts')), reached);
  }
  return reached;
}

/** The modules behind an entry, in one file. */
const groupOf = (name, file) => {
  const reached = reachedFrom(file);
  reached.delete(file);
  return {
    name,
    test: (id) => reached.has(id) || (name === 'kernels' && id.includes('/@assemblyscript/loader/')),
  };
};

/**
 * `[path below dist/, text]` of every file; `entries` maps names to sources. The scripts of workers that hold
 * a model are one file each: bundlers that make plain scripts of workers take none that imports others later.
 */
export async function bundleRuntime(root, { serve, stage, ...entries }, external, minification) {
  const codeSplitting = {
    groups: [groupOf('kernels', entries.thread), groupOf('runtime', entries.index)],
  };
  const output = [
    ...(await generate(root, entries, external, { codeSplitting })),
    ...(await generate(root, { serve }, external, { codeSplitting: false })),
    ...(await generate(root, { stage }, external, { codeSplitting: false })),
  ];
  return Promise.all(
    output.map(async ({ fileName, code }) => [
      fileName,
      (await transform(code, { format: 'esm', ...minification })).code,
    ]),
  );
}

async function generate(root, input, external, splitting) {
  const bundle = await rolldown({
    cwd: root,
    input,
    platform: 'neutral',
    external,
    resolve: { conditionNames: ['import'], mainFields: ['module', 'main'] },
  });
  const { output } = await bundle.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[hash].js',
    ...splitting,
  });
  await bundle.close();
  return output;
}
