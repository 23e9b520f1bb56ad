import { type AttributesOf, boolean, integer, number, oneOf } from '../attributes.js';
import {
  checkNeuronParameter,
  mostSteps,
  neuronCount,
  perNeuron,
  requireCurrent,
  samplesAttribute,
  shapeOverSteps,
  spikeType,
} from '../neurons.js';
import {
  defineOperation,
  type InputType,
  type NodeOf,
  type Reference,
  type ReferenceInput,
  rejectNode,
  required,
} from '../operation.js';
import { elementCount, formatShape, formatType } from '../tensor.js';

const schema = {
  /** Time steps; 0 for as many as the current has. */
  steps: integer(0, mostSteps, 0),
  /** What a spike does to the membrane: takes the threshold off, sets it to `resetValue`, or nothing. */
  reset: oneOf(['subtract', 'value', 'none'], 'subtract'),
  resetValue: number(0),
  /** Reset at the step after the spike, once the current has been added. */
  delayedReset: boolean(false),
  /** Fire at most once. */
  once: boolean(false),
  /** Steps after a spike in which the neuron neither integrates nor fires. */
  refractory: integer(0, mostSteps, 0),
  /** Fire at the threshold, not only above it. */
  inclusive: boolean(false),
  samples: samplesAttribute,
} as const;

export type LifNode = NodeOf<'lif', AttributesOf<typeof schema>>;

function checkRecurrent(node: LifNode, recurrent: InputType | undefined, shape: readonly number[]): void {
  if (!recurrent) return;
  const neurons = neuronCount(shape);
  const fits = recurrent.constant && recurrent.dtype === 'f32' && recurrent.shape.length === 2;
  if (!fits || recurrent.shape.some((size) => size !== neurons) || shape.length !== 2) {
    rejectNode(
      node,
      `recurrent must be a constant f32[${neurons}, ${neurons}] of a layer [steps, neurons], got ${formatType(recurrent)} for ${formatShape(shape)}`,
    );
  }
}

function checkAttributes(node: LifNode): void {
  const { delayedReset, refractory, resetValue, samples } = node.attributes;
  if (node.inputs[4] && samples > 1) rejectNode(node, 'is recurrent, which goes with one sample only');
  if (delayedReset && refractory > 0) rejectNode(node, 'delayedReset and refractory cannot be combined');
  if (!Number.isFinite(Math.fround(resetValue)))
    rejectNode(node, `resetValue ${resetValue} is no finite f32`);
  if (node.quantization) rejectNode(node, 'gives spikes, which have no quantization of their own');
}

/**
 * A layer of leaky integrate-and-fire neurons. Inputs: current f32 [steps or 1, ...], threshold, leak, optional
 * synapticLeak (each a constant: one number, one for each channel or one for each neuron) and optional recurrent
 * [neurons, neurons]. Outputs: spikes u8 [steps, ...] and, where it has a name, the membrane f32 after the reset.
 *
 * Every operation is rounded to f32: `u = leak * u + i; s = u > threshold; u = u - threshold * s`.
 */
export const lif = defineOperation({
  op: 'lif',
  arity: [3, 5],
  schema,
  infer(node, inputs) {
    const current = required(node, inputs, 0);
    requireCurrent(node, current);
    checkAttributes(node);
    const shape = shapeOverSteps(node, current.shape, node.attributes);
    checkNeuronParameter(node, 'threshold', required(node, inputs, 1), shape);
    checkNeuronParameter(node, 'leak', required(node, inputs, 2), shape);
    if (inputs[3]) checkNeuronParameter(node, 'synapticLeak', inputs[3], shape);
    checkRecurrent(node, inputs[4], shape);
    return [spikeType(shape), ...(node.outputs.length > 1 ? [{ dtype: 'f32', shape } as const] : [])];
  },
  cost({ attributes: { samples } }, inputs, [spikes]) {
    const neurons = neuronCount(spikes?.shape ?? []) * samples;
    const steps = (spikes?.shape[0] ?? 0) / samples;
    return { macs: inputs[4] ? steps * neurons * neurons : 0, neurons };
  },
});

/** What a layer remembers from step to step, by neuron. */
interface State {
  readonly membrane: Float32Array;
  readonly synapse: Float32Array;
  /** Whether the neuron fired in the step before. */
  readonly fired: Uint8Array;
  /** Steps for which the neuron still rests; infinite once it must not fire again. */
  readonly resting: Float64Array;
}

const newState = (neurons: number): State => ({
  membrane: new Float32Array(neurons),
  synapse: new Float32Array(neurons),
  fired: new Uint8Array(neurons),
  resting: new Float64Array(neurons),
});

/** Sum of the recurrent weights of the neurons that fired in the step before, in their order. */
function recurrentCurrent({ data }: ReferenceInput, fired: Uint8Array, neuron: number): number {
  let sum = 0;
  fired.forEach((spike, j) => {
    if (spike) sum = Math.fround(sum + (data[neuron * fired.length + j] ?? 0));
  });
  return sum;
}

/** Membrane after a step's input, and after the reset where the neuron fired in the step before and has it due. */
function integrated(node: LifNode, u: number, input: number, leak: number, due: number | undefined): number {
  const { reset, resetValue } = node.attributes;
  const next = Math.fround(Math.fround(leak * u) + input);
  if (due === undefined || reset === 'none') return next;
  return reset === 'value' ? Math.fround(resetValue) : Math.fround(next - due);
}

function afterSpike(node: LifNode, u: number, threshold: number): number {
  const { reset, resetValue, delayedReset } = node.attributes;
  if (delayedReset || reset === 'none') return u;
  return reset === 'value' ? Math.fround(resetValue) : Math.fround(u - threshold);
}

/** What a neuron does in one step with the current it is given: whether it fires. */
type Neuron = (n: number, current: number, firedBefore: Uint8Array) => boolean;

function neuronOf(
  node: LifNode,
  inputs: readonly (ReferenceInput | undefined)[],
  shape: readonly number[],
  state: State,
): Neuron {
  const { once, refractory, inclusive, delayedReset } = node.attributes;
  const threshold = perNeuron(required(node, inputs, 1), shape);
  const leak = perNeuron(required(node, inputs, 2), shape);
  const synapticLeak = inputs[3] && perNeuron(inputs[3], shape);
  const recurrent = inputs[4];
  return (n, current, firedBefore) => {
    let input = recurrent ? Math.fround(current + recurrentCurrent(recurrent, firedBefore, n)) : current;
    if (synapticLeak) {
      input = Math.fround(Math.fround(synapticLeak(n) * (state.synapse[n] ?? 0)) + input);
      state.synapse[n] = input;
    }
    const resting = state.resting[n] ?? 0;
    const v = threshold(n);
    let u = state.membrane[n] ?? 0;
    if (resting === 0 || once) {
      u = integrated(node, u, input, leak(n), delayedReset && firedBefore[n] ? v : undefined);
    }
    const fires = resting === 0 && (inclusive ? u >= v : u > v);
    state.membrane[n] = fires ? afterSpike(node, u, v) : u;
    state.resting[n] = fires ? (once ? Infinity : refractory) : Math.max(0, resting - 1);
    return fires;
  };
}

export const lifReference: Reference<LifNode> = (node, inputs, [out]) => {
  const current = required(node, inputs, 0);
  const { shape } = out ?? rejectNode(node, 'has no output');
  const { samples } = node.attributes;
  const neurons = neuronCount(shape) * samples;
  const state = newState(neurons);
  const fire = neuronOf(node, inputs, shape, state);
  const spikes = new Uint8Array(elementCount(shape));
  const membrane = new Float32Array(spikes.length);
  for (let t = 0; t < (shape[0] ?? 0) / samples; t++) {
    const firedBefore = state.fired.slice();
    const given = current.shape[0] === samples ? 0 : t * neurons;
    for (let n = 0; n < neurons; n++) {
      state.fired[n] = fire(n, current.data[given + n] ?? 0, firedBefore) ? 1 : 0;
    }
    spikes.set(state.fired, t * neurons);
    membrane.set(state.membrane, t * neurons);
  }
  return [
    { dtype: 'u8', shape, data: spikes },
    { dtype: 'f32', shape, data: membrane },
  ];
};
