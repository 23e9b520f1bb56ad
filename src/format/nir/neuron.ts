import { SpikeletError } from '../../error.js';
import type { NirNode } from './file.js';
import type { LinearMap } from './linear-map.js';
import type { Settings } from './options.js';
import { combine, common, type PerNeuron, readParameters, uniform } from './per-neuron.js';
import { refuse } from './unsupported.js';

/**
 * A layer step by step: `i = synapticLeak * i + drive`, without a synapse `i = drive`; then
 * `u = leak * u + i + bias`, where `drive = gain * input + offset`.
 */
export interface NeuronLayer {
  readonly leak: PerNeuron;
  readonly synapticLeak?: PerNeuron;
  readonly gain: PerNeuron;
  readonly offset: PerNeuron;
  /** Added behind the synapse. */
  readonly bias?: PerNeuron;
  /** What makes it fire; layers without one only integrate. */
  readonly firing?: Firing;
}

export interface Firing {
  readonly threshold: PerNeuron;
  readonly reset: 'subtract' | 'value';
  readonly resetValue: number;
}

/** The step in seconds. Throws `invalid-option` where a node needs it and it is not given. */
export function timeStepFor({ name, type }: NirNode, { timeStep }: Settings): number {
  if (timeStep !== undefined) return timeStep;
  const message = `node '${name}' (${type}) has times in seconds: say how long a step is, such as 1e-4`;
  throw new SpikeletError('invalid-option', message, { where: 'timeStep' });
}

/** Share of a time constant that passes in a step, `timeStep / tau`. */
function rate(node: NirNode, field: string, tau: PerNeuron, settings: Settings): PerNeuron {
  const timeStep = timeStepFor(node, settings);
  const bad = tau.data.findIndex((value) => !(value > 0));
  if (bad >= 0) node.fields.reject(field, `element ${bad} is ${tau.data[bad]}, must be more than 0 seconds`);
  const least = tau.data.reduce((a, b) => Math.min(a, b));
  if (timeStep > least * (1 + 1e-6)) {
    const message = `${timeStep} seconds are longer than ${field} of node '${node.name}', ${least}: take a shorter step`;
    throw new SpikeletError('invalid-option', message, { where: 'timeStep' });
  }
  return combine([tau], (value) => timeStep / value);
}

const rest = (share: PerNeuron): PerNeuron => combine([share], (value) => 1 - value);
const times = (...arrays: readonly PerNeuron[]): PerNeuron =>
  combine(arrays, (...values) => values.reduce((a, b) => a * b));

function firing(node: NirNode, shape: readonly number[], { reset }: Settings): Firing {
  const { v_threshold: threshold } = readParameters(node.fields, ['v_threshold'], shape);
  const hasReset = node.fields.has('v_reset');
  const chosen = reset === 'file' ? (hasReset ? 'value' : 'subtract') : reset;
  if (chosen === 'subtract') return { threshold, reset: 'subtract', resetValue: 0 };
  const value = hasReset ? common(readParameters(node.fields, ['v_reset'], shape).v_reset) : 0;
  if (value === undefined) refuse('v_reset differs from neuron to neuron');
  return { threshold, reset: 'value', resetValue: value };
}

/** I and IF: they add R * I to the membrane in a step, or R * I * timeStep. */
function integrator(node: NirNode, shape: readonly number[], settings: Settings): NeuronLayer {
  const { r } = readParameters(node.fields, ['r'], shape);
  const gain = settings.integration === 'step' ? r : times(r, uniform(timeStepFor(node, settings)));
  return { leak: uniform(1), gain, offset: uniform(0) };
}

/** LI and LIF: `tau v' = v_leak - v + R I`. */
function leaky(node: NirNode, shape: readonly number[], settings: Settings): NeuronLayer {
  const { tau, r, v_leak } = readParameters(node.fields, ['tau', 'r', 'v_leak'], shape);
  const share = rate(node, 'tau', tau, settings);
  return { leak: rest(share), gain: times(r, share), offset: times(v_leak, share) };
}

/** CubaLI and CubaLIF: `tau_syn i' = -i + w_in S`, `tau_mem v' = v_leak - v + R i`, the current first. */
function currentBased(node: NirNode, shape: readonly number[], settings: Settings): NeuronLayer {
  const { fields } = node;
  const names = ['tau_syn', 'tau_mem', 'r', 'v_leak'] as const;
  const { tau_syn, tau_mem, r, v_leak } = readParameters(fields, names, shape);
  const weight = fields.has('w_in') ? readParameters(fields, ['w_in'], shape).w_in : uniform(1);
  const synapse = rate(node, 'tau_syn', tau_syn, settings);
  const membrane = rate(node, 'tau_mem', tau_mem, settings);
  return {
    leak: rest(membrane),
    synapticLeak: rest(synapse),
    gain: times(times(weight, synapse), times(r, membrane)),
    offset: uniform(0),
    bias: times(v_leak, membrane),
  };
}

/** Types of layers that have a state, and whether they fire. */
export const neuronTypes = {
  I: { read: integrator, fires: false },
  IF: { read: integrator, fires: true },
  LI: { read: leaky, fires: false },
  LIF: { read: leaky, fires: true },
  CubaLI: { read: currentBased, fires: false },
  CubaLIF: { read: currentBased, fires: true },
} as const;

export type NeuronType = keyof typeof neuronTypes;

export const isNeuronType = (type: string): type is NeuronType => Object.hasOwn(neuronTypes, type);

/** `offset` with what a loop adds at every step beside its matrix. */
function withLoop(layer: NeuronLayer, { bias }: LinearMap): NeuronLayer {
  if (!bias) return layer;
  const constant = { shape: [bias.length], data: bias };
  return {
    ...layer,
    offset: combine([layer.offset, layer.gain, constant], (offset, gain, b) => offset + gain * b),
  };
}

/**
 * A layer whose values have `shape` in one step, by forward Euler; `recurrent` if it is in a loop. Throws
 * `invalid-model` and `invalid-option`.
 */
export function neuronLayer(
  node: NirNode,
  shape: readonly number[],
  settings: Settings,
  recurrent: LinearMap | undefined,
): NeuronLayer {
  const { type } = node;
  const { read, fires } = isNeuronType(type) ? neuronTypes[type] : refuse('is no neuron');
  const layer = read(node, shape, settings);
  const whole = recurrent ? withLoop(layer, recurrent) : layer;
  return fires ? { ...whole, firing: firing(node, shape, settings) } : whole;
}
