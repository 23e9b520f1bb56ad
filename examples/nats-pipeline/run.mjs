// A model on three devices, one of which is killed half way:
//   node examples/nats-pipeline/run.mjs [model.spikelet]
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.NATS_SERVER ?? 'nats-server';
if (spawnSync(program, ['--version']).status !== 0) {
  console.error('this needs nats-server: apt-get install nats-server');
  process.exit(1);
}
if (!existsSync(join(root, 'dist/devices/index.js'))) {
  spawnSync(process.execPath, ['tools/build/build.mjs'], { cwd: root, stdio: 'inherit' });
}
const { load } = await import('spikelet');
const { devicePipeline, modelIdentity } = await import('spikelet/devices');
const { unpack } = await import('spikelet/format');

const itemCount = 60;
const path = process.argv[2] ?? join(root, 'examples/models/resnet18-cifar10/int8.spikelet');
const graph = unpack(readFileSync(path));
const identity = await modelIdentity(graph);

const folder = mkdtempSync(join(tmpdir(), 'nats-pipeline-'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const port = await freePort();
const url = `nats://127.0.0.1:${port}`;
await startServer();
const names = ['porch', 'kitchen', 'attic'];
const [doomed] = names.map(startDevice);
const line = await devicePipeline(graph, {
  servers: url,
  devices: names.length,
  onPlan: ({ schedule }) => console.log(`plan: ${schedule.stages.map(describe).join(', ')}`),
});

const results = [];
for await (const outputs of line.map(items())) {
  results.push(outputs);
  if (results.length === itemCount / 2) {
    console.log(`${results.length} results; now one device is killed`);
    doomed.kill('SIGKILL');
  }
}
line.close();
await line.closed;

const same = await countSame(results);
console.log(`${same} of ${itemCount} results are those of a single engine, to the bit, in order`);
process.exit(same === itemCount ? 0 : 1);

function describe({ devices, begin, end }) {
  return `${devices.join(' + ')} has layers ${begin + 1} to ${end}`;
}

function* items() {
  for (let item = 0; item < itemCount; item++) {
    yield Object.fromEntries(
      graph.inputs.map(({ name, type }) => {
        const length = type.shape.reduce((count, size) => count * size, 1);
        return [name, Float32Array.from({ length }, (_, i) => Math.sin(i * (item + 1)))];
      }),
    );
  }
}

async function countSame(found) {
  const model = await load(graph);
  let count = 0;
  let index = 0;
  for (const item of items()) {
    const expected = await model.run(item);
    const isSame = ([name, { data }]) => data.every((value, i) => value === found[index]?.[name]?.data[i]);
    if (Object.entries(expected).every(isSame)) count++;
    index++;
  }
  model.close();
  return count;
}

async function startServer() {
  const file = join(folder, 'nats.conf');
  writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}/store" }\n`);
  children.push(spawn(program, ['-c', file], { stdio: 'ignore' }));
  while (!(await isOpen())) await sleep(50);
}

function isOpen() {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function startDevice(name) {
  const command = ['dist/cli/main.js', 'stage', '--nats', url, '--trust', identity, '--name', name];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr.on('data', (text) => process.stdout.write(`  ${name}: ${text}`));
  children.push(child);
  return child;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
