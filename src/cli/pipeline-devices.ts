import type { DevicePipeline } from '../devices/index.js';
import type { Graph } from '../graph/graph.js';
import { readProfile } from '../pipeline/index.js';
import type { Given, OptionSpec } from './command.js';
import { readWhole } from './files.js';
import type { Io } from './io.js';
import { connectionIn, natsOptions } from './nats-options.js';
import { integerIn, valueIn } from './parse.js';
import { progressLine } from './progress.js';
import { randomInputs } from './random-inputs.js';
import { facts, table } from './table.js';
import { formatBytes, formatMs } from './text.js';

/** Options of a pipeline on devices. */
export const deviceOptions: Readonly<Record<string, OptionSpec>> = {
  nats: { value: '<url>', help: 'run on the devices of this NATS server instead (`spikelet stage`)' },
  'devices-wanted': { value: '<n>', help: 'devices to wait for (default 1)' },
  deadline: { value: '<seconds>', help: 'time after which an item fails (default 60)' },
  ...natsOptions,
};

const usualDeadline = 60;

/** Sends made-up items through devices, and says how fast they went and who did what. */
export async function runOnDevices(graph: Graph, given: Given, items: number, io: Io): Promise<void> {
  const path = valueIn(given, 'profile');
  const { devicePipeline } = await import('../devices/index.js');
  const line = await devicePipeline(graph, {
    ...connectionIn(given),
    devices: integerIn(given, 'devices-wanted', 1, 1, 1024),
    deadline: 1000 * integerIn(given, 'deadline', usualDeadline, 1, 86_400),
    profile: path === undefined ? undefined : readProfile(new TextDecoder().decode(readWhole(path))),
    onPlan: ({ schedule }) => {
      const stages = schedule.stages.map(
        ({ devices, begin, end }) => `${devices.join(' + ')} ${begin + 1}-${end}`,
      );
      io.err.write(`plan: ${stages.join(', ')}\n`);
    },
    signal: io.signal,
  });
  try {
    const seconds = await timeOf(line, graph, items, io);
    const stages = await line.figures();
    const { identity, plans, schedule } = line;
    if (given.switches.has('json')) {
      const document = { model: graph.name, identity, items, seconds, plans, stages, schedule };
      io.out.write(`${JSON.stringify(document)}\n`);
      return;
    }
    const heading = facts([
      ['model', graph.name],
      ['identity', identity],
      ['pipeline', `${(1 / seconds).toFixed(2)} items a second`],
      ['plans', String(plans)],
    ]);
    io.out.write(`${heading}\n\n${stagesInWords(stages)}\n`);
  } finally {
    line.close();
    await line.closed;
  }
}

/** Seconds an item takes, once the first is through. */
async function timeOf(line: DevicePipeline, graph: Graph, items: number, io: Io): Promise<number> {
  const progress = progressLine(io.err, 'running', 'items');
  const inputs = randomInputs(graph);
  try {
    await line.run(inputs, { signal: io.signal });
    const start = performance.now();
    let done = 0;
    const given = Array<typeof inputs>(items).fill(inputs);
    for await (const _ of line.map(given, { signal: io.signal })) progress.update(++done, items);
    return (performance.now() - start) / 1000 / items;
  } finally {
    progress.finish();
  }
}

function stagesInWords(stages: Awaited<ReturnType<DevicePipeline['figures']>>): string {
  return table(
    [
      { title: 'stage', align: 'right' },
      { title: 'device' },
      ...['layers', 'model', 'an item'].map((title) => ({ title, align: 'right' as const })),
    ],
    stages.map(({ stage, device, begin, end, fileBytes, busyMs, items }) => [
      ...[String(stage + 1), device, `${begin + 1}-${end}`, formatBytes(fileBytes)],
      items > 0 ? formatMs(busyMs / items) : '',
    ]),
  );
}
