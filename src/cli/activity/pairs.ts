import { SpikeletError } from '../../error.js';
import { bitPair, type EnergyPair, energyPairs } from '../../graph/energy.js';
import type { Graph } from '../../graph/graph.js';
import type { Given, OptionSpec } from '../command.js';
import { checkTarget } from '../files.js';
import { UsageError } from '../io.js';
import { valueIn } from '../parse.js';

/** Options of commands that report spikes and energy. */
export const activityOptions: Readonly<Record<string, OptionSpec>> = {
  energy: {
    value: '<pair>',
    help: "of a spiking model: constants to count energy by, fp32, int32 or such as 6-bit; 6-bit^1.5 for multiplications by another power than 2 (default: fp32, int32 and the model's bits)",
    multiple: true,
  },
  activity: {
    value: '<file.svg>',
    help: 'of a spiking model: draw which neurons fire when, and how often each layer does',
  },
};

function pairOf(text: string): EnergyPair {
  if (text === 'fp32' || text === 'int32') return energyPairs[text];
  const [, bits, exponent] = /^(\d+)-bit(?:\^(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const isPossible =
    Number(bits) >= 1 && Number(bits) <= 32 && (exponent === undefined || Number(exponent) > 0);
  if (isPossible) return bitPair(Number(bits), exponent === undefined ? undefined : Number(exponent));
  throw new UsageError(`--energy must be fp32, int32 or such as 6-bit or 6-bit^1.5, got '${text}'`);
}

/** Bits of the integer weights that there are most of. */
function commonBits({ constants }: Graph): number | undefined {
  const counts = new Map<number, number>();
  for (const { quantization, data } of constants.values()) {
    if (quantization) counts.set(quantization.bits, (counts.get(quantization.bits) ?? 0) + data.length);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The pairs of constants that are asked for, if any are. */
export const energyPairsIn = (given: Given): readonly EnergyPair[] | undefined =>
  given.values.get('energy')?.map(pairOf);

/** The pairs of constants that are asked for, or those that fit a model. */
export function pairsFor(asked: readonly EnergyPair[] | undefined, graph: Graph): readonly EnergyPair[] {
  if (asked) return asked;
  const bits = commonBits(graph);
  return [energyPairs.fp32, energyPairs.int32, ...(bits === undefined ? [] : [bitPair(bits)])];
}

/** Where a picture of the activity is to be written, if it is asked for and can be. */
export function activityTarget(given: Given, graph: Graph): string | undefined {
  const path = valueIn(given, 'activity');
  if (path === undefined) return undefined;
  if (!isSpiking(graph)) {
    const where = `model '${graph.name}'`;
    throw new SpikeletError('unsupported', 'has no neurons, so no activity to draw', { where });
  }
  checkTarget(path, 'activity.svg');
  return path;
}

/** Whether a model has layers of neurons whose spikes count. */
export const isSpiking = ({ nodes }: Graph): boolean => nodes.some(({ op }) => op === 'lif');
