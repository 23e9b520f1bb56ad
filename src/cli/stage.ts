import type { DeviceFigures, DeviceHandle } from '../devices/index.js';
import type { Command, Given } from './command.js';
import { type Io, UsageError } from './io.js';
import { connectionIn, natsOptions } from './nats-options.js';
import { integerIn, valueIn } from './parse.js';
import { formatBytes, formatCount, formatPercent } from './text.js';

const lookMs = 1000;
const usualMegabytes = 512;

function trustIn(given: Given): readonly string[] | 'any' {
  const trusted = given.values.get('trust') ?? [];
  if (trusted.includes('any')) {
    if (trusted.length > 1) throw new UsageError("--trust takes identities or 'any', not both");
    return 'any';
  }
  return trusted;
}

const place = ({ stage, begin, end, fileBytes }: DeviceFigures): string =>
  `stage ${stage + 1}: layers ${begin + 1} to ${end}, ${formatBytes(fileBytes)}`;

function report(name: string, before: DeviceFigures | undefined, now: DeviceFigures | undefined): string {
  if (!now) return before ? `${name} has no stage\n` : '';
  const isSame = before?.run === now.run && before.stage === now.stage && before.begin === now.begin;
  if (!isSame || before.end !== now.end) return `${name} runs ${place(now)}\n`;
  const items = now.items - before.items;
  if (items === 0) return '';
  const busy = formatPercent(Math.min(1, (now.busyMs - before.busyMs) / lookMs), 0);
  return `${formatCount(now.items)} items, ${items} in the last second, busy ${busy}, ${now.queue} waiting\n`;
}

/** Says what the device does, for as long as it is there. Throws where the server puts it out. */
async function watch(own: DeviceHandle, { err }: Io): Promise<void> {
  let before: DeviceFigures | undefined;
  const look = (): void => {
    const now = own.figures();
    err.write(report(own.name, before, now));
    before = now;
  };
  const timer = setInterval(look, lookMs);
  const error = await own.closed;
  clearInterval(timer);
  if (error) throw error;
}

export const stage: Command = {
  name: 'stage',
  summary: 'Make this machine a device that runs stages of pipelines',
  operands: [],
  options: {
    nats: { value: '<url>', help: 'the NATS server: nats://, tls://, ws:// or wss://', required: true },
    trust: {
      value: '<identity>',
      help: "a model that may run here, by the identity that `inspect` shows, again for more; or 'any'",
      multiple: true,
      required: true,
    },
    name: { value: '<name>', help: 'what it is called' },
    type: { value: '<type>', help: "what profiles call this kind of device (default 'device')" },
    memory: { value: '<MB>', help: `megabytes that a stage may have (default ${usualMegabytes})` },
    ...natsOptions,
  },
  examples: [
    'spikelet stage --nats nats://127.0.0.1:4222 --trust any',
    'SPIKELET_NATS_TOKEN=... spikelet stage --nats tls://nats.example.org --trust 5f0c...',
  ],
  async run(given, io) {
    const { device } = await import('../devices/index.js');
    const own = await device({
      ...connectionIn(given),
      trust: trustIn(given),
      name: valueIn(given, 'name'),
      type: valueIn(given, 'type'),
      memory: 1e6 * integerIn(given, 'memory', usualMegabytes),
      signal: io.signal,
    });
    io.err.write(`${own.name} is there; Ctrl-C makes it leave\n`);
    await watch(own, io);
    const { name, items } = own;
    if (given.switches.has('json')) io.out.write(`${JSON.stringify({ name, items })}\n`);
    else io.err.write(`${name} has left after ${formatCount(items)} items\n`);
  },
};
