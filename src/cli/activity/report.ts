import {
  type Energy,
  type EnergyPair,
  energyOf,
  type SynapticLayer,
  synapticOperations,
} from '../../graph/energy.js';
import type { Graph } from '../../graph/graph.js';
import { table } from '../table.js';
import { formatCount, formatMacs, formatPercent } from '../text.js';
import type { LayerActivity, Tally } from './tally.js';

/** Spikes, operations and energy of one inference. */
export interface Activity {
  readonly layers: readonly LayerActivity[];
  readonly operations: readonly SynapticLayer[];
  readonly energy: readonly Energy[];
}

/** `inputs` has the events of inputs that are spikes, by name. */
export function activityOf(
  graph: Graph,
  tally: Pick<Tally, 'layers' | 'spikes'>,
  inputs: ReadonlyMap<string, number>,
  pairs: readonly EnergyPair[],
): Activity {
  const operations = synapticOperations(graph, new Map([...inputs, ...tally.spikes]));
  return { layers: tally.layers, operations, energy: pairs.map((pair) => energyOf(operations, pair)) };
}

/** Picojoules with a unit: `1.24 µJ`. */
function formatEnergy(picojoules: number): string {
  const units = ['pJ', 'nJ', 'µJ', 'mJ'] as const;
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(picojoules, 1)) / 3)));
  return `${(picojoules / 1000 ** power).toPrecision(3)} ${units[power] ?? 'pJ'}`;
}

const right = (title: string) => ({ title, align: 'right' as const });

const spikeTable = (layers: readonly LayerActivity[]): string =>
  table(
    [
      { title: 'neurons of' },
      right('neurons'),
      right('spikes'),
      right('a neuron'),
      right('a neuron and step'),
    ],
    layers.map(({ name, neurons, spikes, spikesPerNeuron, rate }) => [
      name,
      formatCount(neurons),
      formatCount(spikes),
      spikesPerNeuron.toFixed(3),
      formatPercent(rate),
    ]),
  );

const count = (operations: number): string => (operations > 0 ? formatMacs(Math.round(operations)) : '');

const operationTable = (layers: readonly SynapticLayer[]): string =>
  table(
    [{ title: 'weights of' }, right('spikes a neuron'), right('MACs'), right('ACs'), right('MACs as ANN')],
    layers.map(({ name, spikesPerNeuron, macs, acs, annMacs }) => [
      name,
      spikesPerNeuron === undefined ? '' : spikesPerNeuron.toFixed(3),
      count(macs),
      count(acs),
      count(annMacs),
    ]),
  );

const energyTable = (energies: readonly Energy[]): string =>
  table(
    [
      { title: 'energy of computing by' },
      ...[right('spiking'), right('every step anew'), right('as ANN'), right('ANN / spiking')],
    ],
    energies.map(({ pair, spiking, spikingEveryStep, ann, ratio }) => [
      pair.name,
      formatEnergy(spiking),
      formatEnergy(spikingEveryStep),
      formatEnergy(ann),
      `${ratio.toFixed(1)}x`,
    ]),
  );

/** The activity for people. */
export const activityTables = ({ layers, operations, energy }: Activity): string =>
  [spikeTable(layers), operationTable(operations), energyTable(energy)].join('\n\n');
