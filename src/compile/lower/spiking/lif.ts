import { neuronCount } from '../../../graph/neurons.js';
import type { NodeFor } from '../../../graph/ops/table.js';
import { type Constant, elementCount } from '../../../graph/tensor.js';
import type { FusedNode } from '../../fuse.js';
import { neuronUnits, resetCode } from '../../kernels/spiking.js';
import { type Argument, nowhere, pointer } from '../../program.js';
import { type Context, constantOf, define, internal, type Lowering, use } from '../context.js';
import { hasFired } from './firing.js';
import { filledUp, type NeuronTable, placeParameter } from './parameters.js';

/** Numbers that a layer keeps for each neuron: membrane, synapse, steps to rest and whether it fired. */
const statePlanes = 4;

export function parameterOf(context: Context, { node }: FusedNode, index: number): Constant {
  return constantOf(context, node.inputs[index]) ?? internal(`'${node.name}' lacks parameter ${index}`);
}

/** Elements between the currents of two steps: none where one current of each sample serves all. */
export const strideOverSteps = (current: readonly number[], samples: number, neurons: number): number =>
  current[0] === samples ? 0 : neurons;

/** Weights from each neuron to all others, rows filled up. */
function placeRecurrent(context: Context, name: string, { data }: Constant, neurons: number): Argument {
  const pitch = filledUp(neurons);
  const rows = new Float32Array(neurons * pitch);
  data.forEach((weight, at) => {
    rows[(at % neurons) * pitch + Math.floor(at / neurons)] = weight;
  });
  return context.program.constant(name, rows);
}

/** Where a layer keeps its state: for the next run, for the next step, or nowhere. */
function stateOf(context: Context, name: string, neurons: number, isRecurrent: boolean): Argument {
  const bytes = statePlanes * filledUp(neurons) * 4;
  if (context.choices.stateful) return context.program.state(`${name}.state`, bytes);
  return isRecurrent ? pointer(context.program.scratch(`${name}.state`, bytes)) : nowhere;
}

export const lowerLif: Lowering<NodeFor<'lif'>> = (context, fused) => {
  if (hasFired(context, fused)) return;
  const { name, outputs, inputs, attributes } = fused.node;
  const current = use(context, fused, 0);
  const output = define(context, fused.output);
  const membrane = outputs[1] ? define(context, outputs[1]).at : nowhere;
  const { shape } = output.type;
  const { samples } = attributes;
  const neurons = neuronCount(shape) * samples;
  const place = (parameter: string, index: number): NeuronTable =>
    placeParameter(context, `${name}.${parameter}`, parameterOf(context, fused, index), shape, samples);
  const threshold = place('threshold', 1);
  const leak = place('leak', 2);
  const synapse = inputs[3] ? place('synapticLeak', 3) : undefined;
  const recurrent = constantOf(context, inputs[4]);
  const pitch = filledUp(neurons);
  context.program.call('f32_lif', recurrent ? 1 : neuronUnits(neurons), {
    ...{ input: current.at, output: output.at, membrane },
    ...{ threshold: threshold.table, thresholdPeriod: threshold.period },
    ...{ leak: leak.table, leakPeriod: leak.period },
    ...{ synapticLeak: synapse?.table ?? nowhere, synapticPeriod: synapse?.period ?? 0 },
    recurrent: recurrent ? placeRecurrent(context, `${name}.recurrent`, recurrent, neurons) : nowhere,
    row: recurrent ? pointer(context.program.scratch(`${name}.row`, pitch * 4)) : nowhere,
    state: stateOf(context, name, neurons, recurrent !== undefined),
    counter: context.program.counter(fused.output, neurons),
    ...{ neurons, pitch, steps: (shape[0] ?? 1) / samples },
    inputStride: strideOverSteps(current.type.shape, samples, neurons),
    continues: context.choices.stateful ? 1 : 0,
    reset: resetCode[attributes.reset],
    resetValue: attributes.resetValue,
    delayedReset: attributes.delayedReset ? 1 : 0,
    rest: attributes.refractory,
    once: attributes.once ? 1 : 0,
    inclusive: attributes.inclusive ? 1 : 0,
  });
};

/** A neuron without memory for every element: no leak reaches the next step, because there is none. */
export const lowerThreshold: Lowering<NodeFor<'threshold'>> = (context, fused) => {
  const { name, attributes } = fused.node;
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const { shape } = output.type;
  const elements = elementCount(shape);
  const limit = parameterOf(context, fused, 1);
  const threshold = placeParameter(context, `${name}.threshold`, limit, shape, shape[0]);
  context.program.call('f32_lif', neuronUnits(elements), {
    ...{ input: x.at, output: output.at, membrane: nowhere },
    ...{ threshold: threshold.table, thresholdPeriod: threshold.period },
    ...{ leak: context.program.constant('zeros', new Float32Array(4)), leakPeriod: 4 },
    ...{ synapticLeak: nowhere, synapticPeriod: 0, recurrent: nowhere, row: nowhere, state: nowhere },
    counter: context.program.counter(fused.output, neuronCount(shape)),
    ...{ neurons: elements, pitch: filledUp(elements), steps: 1, inputStride: 0, continues: 0 },
    ...{ reset: resetCode.none, resetValue: 0, delayedReset: 0, rest: 0, once: 0 },
    inclusive: attributes.inclusive ? 1 : 0,
  });
};
