import type { AllocateOptions, Budget, PruneOptions } from '../compress/index.js';
import { mostBytes } from '../format/weight-encoding.js';
import { calibrationOptions } from './calibration.js';
import type { Given, OptionSpec } from './command.js';
import { readCostTable } from './cost-table.js';
import { UsageError } from './io.js';
import { meaningOptions } from './meaning.js';
import { choiceIn, integerIn, positiveIn, toBits, valueIn } from './parse.js';
import { shapeOption } from './shapes.js';

export const compressOptions: Readonly<Record<string, OptionSpec>> = {
  output: { short: 'o', value: '<file>', help: 'where to write the .spikelet file', required: true },
  ...calibrationOptions,
  calibrate: {
    ...calibrationOptions.calibrate,
    help: calibrationOptions.calibrate?.help ?? '',
    required: true,
  },
  prune: {
    value: '<share>',
    help: 'take away this share of the weights, the smallest: 0.9 leaves a tenth',
  },
  pattern: {
    value: '<name>',
    help: 'what goes together: irregular (default), grouped by four input channels, or channel: those that convolutions alone read, taken out',
  },
  scope: { value: '<name>', help: 'one density for all together, global (default), or for each layer' },
  bits: { value: '<n>', help: 'budget: mean bits of a weight, such as 4.5' },
  bytes: { value: '<n>', help: 'budget: bytes of weights and scales in the file, zeros not stored' },
  ms: { value: '<n>', help: 'budget: milliseconds of a run, by the times in --cost' },
  cost: {
    value: '<file>',
    help: 'what profile --json printed for this network at one of the widths; repeat for the others',
    multiple: true,
  },
  widths: { value: '<2,4,8>', help: 'bits to choose from, 2 to 8 (default 2,4,8)' },
  'edge-bits': { value: '<n>', help: 'least bits of the first and last layers (default 8)' },
  tie: {
    value: '<layer,layer,...>',
    help: 'layers that get the same bits; may be repeated',
    multiple: true,
  },
  probes: { value: '<n>', help: 'pictures to measure layers with, of those taken (default 32)' },
  rounding: {
    value: '<name>',
    help: 'of weights: nearest (default at 8 bits) or compensated (default below)',
  },
  data: { value: '<path>', help: 'labelled pictures to measure accuracy on, before and after' },
  limit: { value: '<n>', help: 'pictures of --data to take (default all)' },
  ...meaningOptions,
  ...shapeOption,
};

/** How to prune, if at all. */
export function pruneOptions(given: Given): PruneOptions | undefined {
  const text = valueIn(given, 'prune');
  if (text === undefined) return undefined;
  const sparsity = Number(text);
  if (!(sparsity >= 0 && sparsity < 1)) {
    throw new UsageError(`--prune must be a share from 0 to less than 1, got '${text}'`);
  }
  return {
    sparsity,
    pattern: choiceIn(given, 'pattern', ['irregular', 'grouped', 'channel']),
    scope: choiceIn(given, 'scope', ['global', 'layer']),
  };
}

/** How bits are allocated, and how many samples layers are measured with. */
export interface AllocationChoices extends Pick<AllocateOptions, 'widths' | 'edgeBits' | 'ties'> {
  readonly probes: number;
}

export function allocationChoices(given: Given): AllocationChoices {
  const widths = valueIn(given, 'widths')?.split(',');
  const edgeBits = valueIn(given, 'edge-bits');
  return {
    widths: widths?.map((text) => toBits(text, 'widths')),
    edgeBits: edgeBits === undefined ? undefined : toBits(edgeBits, 'edge-bits'),
    ties: given.values.get('tie')?.map((text) => text.split(',')),
    probes: integerIn(given, 'probes', 32),
  };
}

/** What the weights may cost, if that is bounded. */
export function budgetOf(given: Given): Budget | undefined {
  const perWeight = positiveIn(given, 'bits');
  const bytes = positiveIn(given, 'bytes');
  const ms = positiveIn(given, 'ms');
  const profiles = given.values.get('cost') ?? [];
  if ([perWeight, bytes, ms].filter((value) => value !== undefined).length > 1) {
    throw new UsageError('--bits, --bytes and --ms are budgets: give one of them');
  }
  if (ms === undefined && profiles.length > 0) throw new UsageError('--cost does nothing without --ms');
  if (perWeight !== undefined) return { kind: 'bits', perWeight };
  if (bytes !== undefined) return { kind: 'bytes', bytes, storedBytes: mostBytes };
  if (ms === undefined) return undefined;
  if (profiles.length === 0) throw new UsageError('--ms needs --cost <file> with the times of the layers');
  const { times, otherMs } = readCostTable(profiles);
  if (ms <= otherMs) {
    throw new UsageError(`--ms must be more than the ${otherMs.toFixed(3)} ms that need no weights`);
  }
  return { kind: 'time', ms: ms - otherMs, times };
}

/** Throws where an option has no effect without another one. */
export function checkDependents(given: Given): void {
  const check = (needed: readonly string[], dependents: readonly string[]): void => {
    const idle = dependents.find((name) => given.values.has(name));
    if (idle !== undefined && !needed.some((name) => given.values.has(name))) {
      throw new UsageError(`--${idle} does nothing without --${needed.join(' or --')}`);
    }
  };
  check(['prune'], ['pattern', 'scope']);
  check(['bits', 'bytes', 'ms'], ['widths', 'edge-bits', 'tie', 'probes']);
  check(['data'], ['limit']);
}
