// Bundles and runs the measurement of pipelines on emulated devices: node tools/bench/pipeline/devices.mjs
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleForNode, root } from '../../build/bundle.mjs';

const programs = ['main', 'host'].map((name) => `tools/bench/pipeline/devices/${name}.ts`);
await bundleForNode(programs, 'build/bench/pipeline-devices');
const program = join(root, 'build/bench/pipeline-devices/main.mjs');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
