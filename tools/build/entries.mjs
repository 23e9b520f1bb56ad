// The modules that the published package consists of: output name -> source.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from './families.mjs';

/** Entry points by package.json, besides those that are scripts of workers. */
function publicEntries(root) {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const targets = [...Object.values(bin), ...Object.values(exports).map((entry) => entry.default)];
  return targets
    .map((target) => /^\.\/dist\/(.*)\.js$/.exec(target ?? '')?.[1])
    .filter((name) => name !== undefined && !Object.hasOwn(scripts, name));
}

/**
 * Scripts of workers. They lie beside the chunks, where `new URL('./thread.js', import.meta.url)` finds them as it
 * does beside the source.
 */
const scripts = {
  thread: 'engine/threads/thread',
  serve: 'engine/worker/serve',
  stage: 'pipeline/run/stage',
};

export function entryPoints(root) {
  const entries = { ...scripts };
  for (const name of publicEntries(root)) entries[name] = name;
  for (const name of modules) entries[`kernels/generated/${name}`] = `engine/kernels/generated/${name}`;
  return Object.fromEntries(
    Object.entries(entries).map(([out, source]) => [out, join(root, 'src', `${source}.ts`)]),
  );
}
