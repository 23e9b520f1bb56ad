// Builds the package and the benchmark programs, then runs them: npm run bench -- [options]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleForBrowser, bundleForNode, root } from '../build/bundle.mjs';

async function build() {
  const { status } = spawnSync(process.execPath, ['tools/build/build.mjs'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(1);
  await bundleForNode(['tools/bench/main.ts', 'tools/bench/sessions/node-entry.ts'], 'build/bench');
  await bundleForBrowser('tools/bench/sessions/worker-entry.ts', 'build/bench/worker-entry.js');
}

const options = process.argv.slice(2);
const isList = options.includes('--list');
await (isList ? bundleForNode(['tools/bench/list.ts'], 'build/bench') : build());
const program = join(root, `build/bench/${isList ? 'list' : 'main'}.mjs`);
const { status } = spawnSync(process.execPath, [program, ...options], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
