// Bundles and runs the measurement of hops between workers: node tools/bench/pipeline/transport.mjs
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundleForNode, root } from '../../build/bundle.mjs';

const programs = ['main', 'echo'].map((name) => `tools/bench/pipeline/transport/${name}.ts`);
await bundleForNode(programs, 'build/bench/pipeline-transport');
const program = join(root, 'build/bench/pipeline-transport/main.mjs');
const { status } = spawnSync(process.execPath, [program], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
