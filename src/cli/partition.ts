import {
  partition as bestPartition,
  type CutWidth,
  type Explanation,
  explain,
  type Partition,
  type PartitionOptions,
  paretoFront,
  timeline,
} from '../pipeline/index.js';
import type { Command, Given } from './command.js';
import { checkTarget, writeWhole } from './files.js';
import { UsageError } from './io.js';
import { choiceIn, integerIn, pairsIn, positiveIn, valueIn } from './parse.js';
import { partitionFileOptions, readPartitionFiles } from './partition-files.js';
import { facts, table } from './table.js';
import { formatBytes, formatPercent } from './text.js';

const limitOf = (given: Given, name: string): number | undefined =>
  given.values.has(name) ? integerIn(given, name, 1) : undefined;

function accuracyOf(given: Given): PartitionOptions['accuracy'] {
  const costs = pairsIn(given, 'widths', /,/).map(([width, text]) => {
    const cost = Number(text);
    if (!Number.isFinite(cost)) throw new UsageError(`--widths must give numbers as costs, got '${text}'`);
    return [width, cost] as const;
  });
  const bound = valueIn(given, 'accuracy-bound');
  if (costs.length === 0 && bound === undefined) return undefined;
  if (costs.length === 0 || bound === undefined) {
    throw new UsageError('--widths and --accuracy-bound need each other');
  }
  const widthCosts: Partial<Record<CutWidth, number>> = Object.fromEntries(costs);
  return { costs: widthCosts, bound: Number(bound) };
}

function optionsOf(given: Given): PartitionOptions {
  return {
    objective: choiceIn(given, 'objective', ['period', 'latency']),
    periodLimit: positiveIn(given, 'period-limit'),
    mostDevices: limitOf(given, 'most-devices'),
    mostReplicas: limitOf(given, 'replicas'),
    accuracy: accuracyOf(given),
  };
}

const formatSeconds = (seconds: number): string => `${seconds.toFixed(6)} s`;

const widthInWords = (width: CutWidth): string => (typeof width === 'number' ? `${width} bits` : width);

function stagesInWords({ schedule, period }: Partition): string {
  const rows = schedule.stages.map(({ devices, type, begin, end, seconds, memory }, i) => {
    const transfer = schedule.transfers[i + 1];
    const isLast = i + 1 === schedule.stages.length;
    return [
      String(i + 1),
      devices.join(', '),
      type,
      `${begin + 1}-${end}`,
      formatSeconds(seconds),
      formatPercent(period > 0 ? seconds / devices.length / period : 0),
      formatBytes(memory),
      transfer && !isLast ? `${formatBytes(transfer.bytes)} as ${widthInWords(transfer.width)}` : '',
      transfer && transfer.seconds > 0 ? formatSeconds(transfer.seconds) : '',
    ];
  });
  const right = ['stage', 'layers', 'time', 'load', 'memory', 'sends', 'in'];
  const titles = ['stage', 'devices', 'type', 'layers', 'time', 'load', 'memory', 'sends', 'in'];
  return table(
    titles.map((title) => ({ title, align: right.includes(title) ? 'right' : 'left' })),
    rows,
  );
}

function report(answer: Partition, explanation: Explanation): string {
  const { schedule, period, latency, throughput } = answer;
  const heading = facts([
    ['model', `${schedule.model}, micro-batches of ${schedule.batch}`],
    ['period', formatSeconds(period)],
    [
      'throughput',
      period > 0 ? `${throughput.toFixed(3)} items a second` : 'unlimited: no stage takes any time',
    ],
    ['latency', formatSeconds(latency)],
  ]);
  return `${heading}\n\n${stagesInWords(answer)}\n\n${explanation.text}\n`;
}

const frontInWords = (front: readonly Partition[]): string =>
  table(
    ['period', 'latency', 'stages', 'devices'].map((title) => ({ title, align: 'right' })),
    front.map(({ period, latency, schedule: { stages } }) => [
      formatSeconds(period),
      formatSeconds(latency),
      String(stages.length),
      String(stages.reduce((sum, { devices }) => sum + devices.length, 0)),
    ]),
  );

const document = ({ schedule, ...figures }: Partition): object => ({ ...figures, ...schedule });

export const partition: Command = {
  name: 'partition',
  summary: "Place a model's layers on several devices, as fast as is possible",
  operands: [],
  options: {
    ...partitionFileOptions,
    objective: { value: '<name>', help: 'period (default): most items a second; latency: one item soonest' },
    'period-limit': { value: '<seconds>', help: 'greatest period, for the objective latency' },
    'most-devices': { value: '<n>', help: 'devices to use at most' },
    replicas: { value: '<n>', help: 'devices of one type that may share a stage (default 1)' },
    widths: {
      value: '<8=0.1,...>',
      help: 'widths that cuts may have besides f32 (f16, 8, 6 or 4 bits), with what each costs in accuracy',
    },
    'accuracy-bound': { value: '<cost>', help: 'greatest sum of the costs of all cuts' },
    front: { help: 'list every trade-off between period and latency instead' },
    svg: { value: '<file>', help: 'draw what each device does when' },
  },
  examples: [
    'spikelet partition --model profile.json --devices devices.json --svg timeline.svg',
    'spikelet partition --model models.yml --types types.yml --devices devices.yml --name vit-base',
  ],
  async run(given, io) {
    const options = optionsOf(given);
    const svg = valueIn(given, 'svg');
    const isFront = given.switches.has('front');
    if (isFront && (svg ?? options.objective ?? options.periodLimit) !== undefined) {
      throw new UsageError('--front goes without --svg, --objective and --period-limit');
    }
    if (svg !== undefined) checkTarget(svg, 'timeline.svg');
    const { profile, devices, network, warnings } = await readPartitionFiles(given);
    for (const warning of warnings) io.err.write(`spikelet partition: ${warning}\n`);
    const asJson = given.switches.has('json');
    if (isFront) {
      const { mostDevices, mostReplicas, accuracy } = options;
      const front = paretoFront(profile, devices, network, { mostDevices, mostReplicas, accuracy });
      io.out.write(
        asJson ? `${JSON.stringify({ front: front.map(document) })}\n` : `${frontInWords(front)}\n`,
      );
      return;
    }
    const answer = bestPartition(profile, devices, network, options);
    for (const warning of answer.warnings) io.err.write(`spikelet partition: ${warning}\n`);
    const explanation = explain(answer, profile, devices, network, options);
    if (svg !== undefined) writeWhole(svg, timeline(answer.schedule), io.signal);
    io.out.write(
      asJson ? `${JSON.stringify({ ...document(answer), explanation })}\n` : report(answer, explanation),
    );
  },
};
