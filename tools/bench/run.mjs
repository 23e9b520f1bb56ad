// Builds the package and the benchmark programs, then runs them: npm run bench -- [options]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleForBrowser, bundleForNode, root } from '../build/bundle.mjs';

const build = spawnSync(process.execPath, ['tools/build/build.mjs'], { cwd: root, stdio: ['ignore', 2, 2] });
if (build.status !== 0) process.exit(1);
await bundleForNode(['tools/bench/main.ts', 'tools/bench/sessions/node-entry.ts'], 'build/bench');
await bundleForBrowser('tools/bench/sessions/worker-entry.ts', 'build/bench/worker-entry.js');
const program = join(root, 'build/bench/main.mjs');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
