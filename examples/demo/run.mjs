// Builds the package and the demo, then runs it: npm run demo -- [options]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleForNode, root } from '../../tools/build/bundle.mjs';

function run(script, args, output) {
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', output, 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
}

run('tools/build/build.mjs', [], 2);
await bundleForNode(['examples/demo/main.ts'], 'build/demo');
run(join(root, 'build/demo/main.mjs'), process.argv.slice(2), 'inherit');
