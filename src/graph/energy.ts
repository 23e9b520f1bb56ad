import { SpikeletError } from '../error.js';
import type { Graph } from './graph.js';
import type { Node } from './ops/table.js';
import { type TimeFlow, timeFlow } from './steps.js';
import { elementCount, type TensorType } from './tensor.js';
import { inferTypes, nodeCost } from './types.js';

/** A pair of constants: picojoules of a multiply-accumulate and of an accumulate, with its name. */
export interface EnergyPair {
  readonly name: string;
  readonly mac: number;
  readonly ac: number;
}

/** Additions and multiplications in a 45 nm process, in picojoules. */
export const energyPairs = {
  fp32: { name: 'FP32 (MAC 4.6 pJ, AC 0.9 pJ)', mac: 4.6, ac: 0.9 },
  int32: { name: 'INT32 (MAC 3.2 pJ, AC 0.1 pJ)', mac: 3.2, ac: 0.1 },
} as const satisfies Readonly<Record<string, EnergyPair>>;

/**
 * The INT32 pair scaled to integers of so many bits: additions by the bits, multiplications by their power `exponent`, which
 * the name tells where it is not 2.
 *
 * @example
 * bitPair(8).ac; // 0.025
 */
export function bitPair(bits: number, exponent = 2): EnergyPair {
  if (!(bits >= 1 && bits <= 32) || !(exponent > 0)) {
    throw new SpikeletError('invalid-option', 'needs 1 to 32 bits and an exponent above 0', {
      where: 'energy',
    });
  }
  const ac = 0.1 * (bits / 32);
  const mac = 3.1 * (bits / 32) ** exponent + ac;
  const pj = (value: number): string => `${Number(value.toPrecision(3))} pJ`;
  const power = exponent === 2 ? '' : `^${exponent}`;
  return { name: `${bits}-bit${power} (MAC ${pj(mac)}, AC ${pj(ac)})`, mac, ac };
}

/** Operations of a layer with weights in one inference. */
export interface SynapticLayer {
  readonly name: string;
  readonly op: Node['op'];
  /** Multiply-accumulates of the same layer in a network without spikes: one pass. */
  readonly annMacs: number;
  /** Spikes of each neuron that the layer reads, over all steps; none where it reads real numbers. */
  readonly spikesPerNeuron?: number;
  /** What is computed here: products for real numbers, once if they are the same at every step, sums for spikes. */
  readonly macs: number;
  readonly acs: number;
  /** Products if those that are the same at every step were computed at each. */
  readonly macsEveryStep: number;
}

export interface Energy {
  readonly pair: EnergyPair;
  /** Picojoules of the spiking network, with products that are the same at every step once, or at each. */
  readonly spiking: number;
  readonly spikingEveryStep: number;
  /** Of the same network without spikes. */
  readonly ann: number;
  /** How many times more the network without spikes takes. */
  readonly ratio: number;
}

/** Operations that pass spikes on: whoever reads their output reads the spikes of their inputs. */
const passing: ReadonlySet<Node['op']> = new Set([
  ...(['averagePool', 'maxPool', 'sumPool', 'globalAveragePool', 'reshape', 'transpose', 'slice'] as const),
  ...(['concat', 'delay', 'pad', 'dequantize'] as const),
]);

/** Where spikes come from: a layer of neurons or an input of events. */
interface Source {
  readonly name: string;
  readonly neurons: number;
}

const isEvents = ({ dtype, quantization }: TensorType): boolean =>
  dtype === 'u8' && quantization?.scale === 1 && quantization.zeroPoint === 0;

/** Neurons, of all samples, whose spikes over time are a value. */
const neuronsOf = (shape: readonly number[], { steps }: TimeFlow): number => elementCount(shape) / steps;

/** The sources whose spikes make up each value; undefined for real numbers. */
function sourcesOf(graph: Graph, types: ReadonlyMap<string, TensorType>, flow: TimeFlow) {
  const sources = new Map<string, ReadonlySet<Source>>();
  for (const { name, type } of graph.inputs) {
    if (flow.temporal.has(name) && isEvents(type))
      sources.set(name, new Set([{ name, neurons: neuronsOf(type.shape, flow) }]));
  }
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    if (node.op === 'lif' || node.op === 'threshold') {
      const shape = types.get(output)?.shape ?? [];
      const neurons = flow.temporal.has(output) ? neuronsOf(shape, flow) : elementCount(shape);
      sources.set(output, new Set([{ name: node.name, neurons }]));
    }
    if (!passing.has(node.op)) continue;
    const read = node.inputs.filter((name) => name !== '' && !graph.constants.has(name));
    const own = read.map((name) => sources.get(name));
    if (own.every((set) => set !== undefined)) sources.set(output, new Set(own.flatMap((set) => [...set])));
  }
  return sources;
}

function rateOf(sources: Iterable<Source>, spikes: ReadonlyMap<string, number>): number {
  let [fired, neurons] = [0, 0];
  for (const source of sources) {
    const count = spikes.get(source.name);
    if (count === undefined) {
      throw new SpikeletError('invalid-input', 'its spikes are not given', { where: `'${source.name}'` });
    }
    fired += count;
    neurons += source.neurons;
  }
  return neurons > 0 ? fired / neurons : 0;
}

/**
 * Operations of the layers of a spiking network in one inference, from the spikes of each layer of neurons, and of each
 * input of events, over all steps (by the names of nodes and inputs). Spikes are counted before they are pooled.
 *
 * Throws `invalid-model` for a graph without neurons, `invalid-input` where spikes are missing.
 *
 * @example
 * const layers = synapticOperations(graph, new Map([['hidden', 130]]));
 * console.log(energyOf(layers, energyPairs.int32).ratio);
 */
export function synapticOperations(
  graph: Graph,
  spikes: ReadonlyMap<string, number>,
): readonly SynapticLayer[] {
  const types = inferTypes(graph);
  const flow = timeFlow(graph);
  const { steps, temporal } = flow;
  const sources = sourcesOf(graph, types, flow);
  return graph.nodes.flatMap((node): SynapticLayer[] => {
    const { name, op, inputs, outputs } = node;
    if (op === 'lif') {
      if (!inputs[4]) return [];
      const neurons = neuronsOf(types.get(outputs[0] ?? '')?.shape ?? [], flow);
      const spikesPerNeuron = rateOf([{ name, neurons }], spikes);
      const own = { annMacs: neurons ** 2, spikesPerNeuron, acs: spikesPerNeuron * neurons ** 2 };
      return [{ name, op, macs: 0, macsEveryStep: 0, ...own }];
    }
    const { macs } = nodeCost(graph, types, node);
    if (macs === 0) return [];
    const isTemporal = temporal.has(outputs[0] ?? '');
    const annMacs = isTemporal ? macs / steps : macs;
    const read = sources.get(inputs[0] ?? '');
    if (!read) return [{ name, op, annMacs, macs, acs: 0, macsEveryStep: annMacs * steps }];
    const spikesPerNeuron = rateOf(read, spikes);
    return [
      { name, op, annMacs, spikesPerNeuron, macs: 0, acs: spikesPerNeuron * annMacs, macsEveryStep: 0 },
    ];
  });
}

/** Energy of operations by a pair of constants: of computing alone, without memory. */
export function energyOf(layers: readonly SynapticLayer[], pair: EnergyPair): Energy {
  const sum = (pick: (layer: SynapticLayer) => number): number =>
    layers.reduce((total, layer) => total + pick(layer), 0);
  const acs = sum((layer) => layer.acs) * pair.ac;
  const spiking = sum((layer) => layer.macs) * pair.mac + acs;
  const spikingEveryStep = sum((layer) => layer.macsEveryStep) * pair.mac + acs;
  const ann = sum((layer) => layer.annMacs) * pair.mac;
  return {
    pair,
    spiking,
    spikingEveryStep,
    ann,
    ratio: spiking > 0 ? ann / spiking : Number.POSITIVE_INFINITY,
  };
}
