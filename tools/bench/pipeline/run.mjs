// Bundles and runs the measurement of the partitioner: node tools/bench/pipeline/run.mjs
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleForNode, root } from '../../build/bundle.mjs';

await bundleForNode(['tools/bench/pipeline/main.ts'], 'build/bench/pipeline');
const { status } = spawnSync(process.execPath, [join(root, 'build/bench/pipeline/main.mjs')], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
