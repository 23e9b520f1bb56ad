// Emulated devices with the times that PipeEdge's authors measured of ViT-Large, over a real server:
//   node tools/bench/pipeline/devices.mjs [--items n] [--scale s] [--only equal | unlike]
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freshId } from '../../../../src/devices/fresh-id.js';
import { openLine } from '../../../../src/devices/line/open-line.js';
import { Link } from '../../../../src/devices/link.js';
import { type PipeEdgeSite, partition, readPipeEdge, writeProfile } from '../../../../src/pipeline/index.js';
import { hasNats, startNats, type TestServer } from '../../../../test/devices/nats-server.js';
import { emulatedInputs, emulatedModel } from './emulated.js';
import type { HostSettings } from './host.js';

const folder = join(process.cwd(), '../shared/data/pipeedge');
const processes = 4;
const minnow = 'Minnowboard-E3845';
const rcc = 'RCC-VE-C2000';

const { values } = parseArgs({
  options: { items: { type: 'string' }, scale: { type: 'string' }, only: { type: 'string' } },
});
const items = Number(values.items ?? 16);
const scale = Number(values.scale ?? 1);

function siteOf(counts: Readonly<Record<string, number>>): Promise<PipeEdgeSite> {
  const hosts = Object.entries(counts).map(
    ([type, count]) => `${type}: [${Array.from({ length: count }, (_, i) => `${type}-${i}`).join()}]\n`,
  );
  const [models, deviceTypes] = ['models.yml', 'device_types.yml'].map((name) =>
    readFileSync(join(folder, name), 'utf8'),
  );
  return readPipeEdge(
    { models: models ?? '', deviceTypes: deviceTypes ?? '', devices: hosts.join('') },
    { model: 'google/vit-large-patch16-224' },
  );
}

function startHosts(settings: HostSettings): Promise<readonly ChildProcess[]> {
  const script = fileURLToPath(new URL('host.mjs', import.meta.url));
  const shares = Array.from({ length: Math.min(processes, settings.devices.length) }, (_, i) =>
    settings.devices.filter((_, at) => at % processes === i),
  );
  return Promise.all(
    shares.map(async (devices) => {
      const argument = JSON.stringify({ ...settings, devices });
      const child = spawn(process.execPath, [script, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      return child;
    }),
  );
}

/** Seconds between two results, after those of a pipeline that was still filling. */
function periodOf(times: readonly number[]): number {
  const first = Math.min(4, times.length - 2);
  return ((times.at(-1) ?? 0) - (times[first] ?? 0)) / (times.length - 1 - first) / 1000;
}

async function measure(server: TestServer, site: PipeEdgeSite, count: number): Promise<number> {
  const space = freshId();
  const place = mkdtempSync(join(tmpdir(), 'spikelet-bench-'));
  const profile = join(place, 'profile.json');
  writeFileSync(profile, writeProfile(site.profile));
  const hosts = await startHosts({ url: server.url, space, profile, scale, devices: site.devices });
  const line = await openLine(emulatedModel(site.profile), await Link.open({ servers: server.url }), {
    ...{ space, profile: site.profile, network: site.network, devices: site.devices.length },
    ...{ credits: 1, deadline: 600_000 },
    onPlan: ({ period }) => console.error(`a plan with a period of ${period.toFixed(4)} s`),
  });
  const times: number[] = [];
  const inputs = emulatedInputs(site.profile);
  for await (const _ of line.map(Array(count).fill(inputs))) times.push(performance.now());
  const { plans } = line;
  if (plans > 1) console.log(`${plans} plans: a device was missed, the time is not that of one plan`);
  line.close();
  await line.closed;
  for (const host of hosts) host.kill();
  rmSync(place, { recursive: true });
  return periodOf(times) / scale;
}

async function report(server: TestServer, name: string, site: PipeEdgeSite, count: number): Promise<number> {
  const { period } = partition(site.profile, site.devices, site.network);
  const measured = await measure(server, site, count);
  const excess = 100 * (measured / period - 1);
  console.log(
    `${name}: plan ${period.toFixed(4)} s, measured ${measured.toFixed(4)} s (${excess.toFixed(1)} % more)`,
  );
  return measured;
}

if (!hasNats || !existsSync(folder)) {
  console.log(hasNats ? `skipped: there is no ${folder}` : 'skipped: there is no nats-server');
} else {
  const server = await startNats();
  try {
    if (values.only !== 'unlike') {
      const one = await report(server, 'one RCC-VE', await siteOf({ [rcc]: 1 }), 3);
      const equal = await report(server, '16 RCC-VE', await siteOf({ [rcc]: 16 }), items);
      console.log(`16 equal devices: ${(one / equal).toFixed(2)} times the throughput of one`);
    }
    if (values.only !== 'equal') {
      await report(server, '8 Minnowboard and 8 RCC-VE', await siteOf({ [minnow]: 8, [rcc]: 8 }), items);
    }
  } finally {
    await server.stop();
  }
}
process.exit();
