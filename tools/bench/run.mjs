// Builds the benchmark programs and runs them: npm run bench -- [options]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleForBrowser, bundleForNode, root } from '../build/bundle.mjs';

if (!existsSync(join(root, 'dist/index.js'))) {
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
await bundleForNode(['tools/bench/main.ts', 'tools/bench/sessions/node-entry.ts'], 'build/bench');
await bundleForBrowser('tools/bench/sessions/worker-entry.ts', 'build/bench/worker-entry.js');
const program = join(root, 'build/bench/main.mjs');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
