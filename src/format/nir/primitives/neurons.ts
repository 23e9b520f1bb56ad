import type { Draft, Operand } from '../draft.js';
import type { NirNode } from '../file.js';
import { matrixOf } from '../linear-map.js';
import { type Firing, type NeuronLayer, neuronLayer } from '../neuron.js';
import { isAll, type PerNeuron, readParameters, smallest } from '../per-neuron.js';
import { refuse } from '../unsupported.js';
import { type Context, type Primitive, stepShape } from './primitive.js';

const parameter = (draft: Draft, hint: string, array: PerNeuron, shape: readonly number[]): string => {
  const { shape: least, data } = smallest(array, shape);
  return draft.numbers(hint, least, data);
};

/** Multiplies by or adds numbers of neurons, unless they change nothing. */
function apply(
  draft: Draft,
  op: 'multiply' | 'add',
  hint: string,
  value: Operand,
  numbers: PerNeuron,
): Operand {
  if (isAll(numbers, op === 'multiply' ? 1 : 0)) return value;
  const shape = stepShape(value);
  const constant = draft.numbers(hint, numbers.data.length === 1 ? [1] : [1, ...shape], numbers.data);
  return draft.emit(op, `${hint}.${op}`, [value.name, constant]);
}

/** What drives a layer: its input with gain and offset, where the weights before it have them not in them. */
function driven(
  { name }: NirNode,
  input: Operand,
  { gain, offset }: NeuronLayer,
  { draft, isDriven }: Context,
): Operand {
  const real = draft.real(input);
  if (isDriven) return real;
  return apply(draft, 'add', `${name}.offset`, apply(draft, 'multiply', `${name}.gain`, real, gain), offset);
}

const hasBias = ({ bias }: NeuronLayer): boolean => bias !== undefined && !isAll(bias, 0);

/** The synapse by itself, where something is added behind it. */
function synapse(node: NirNode, current: Operand, layer: NeuronLayer, { draft, settings }: Context): Operand {
  const { synapticLeak, bias } = layer;
  if (!synapticLeak) return current;
  const leak = parameter(draft, `${node.name}.synapticLeak`, synapticLeak, stepShape(current));
  const attributes = { steps: settings.steps, output: 'all' } as const;
  const value = draft.emit('integrate', `${node.name}.synapse`, [current.name, leak], { attributes });
  return bias ? apply(draft, 'add', `${node.name}.leak`, value, bias) : value;
}

function integrates(node: NirNode, input: Operand, layer: NeuronLayer, context: Context): Operand {
  const { draft, settings } = context;
  const current = synapse(node, driven(node, input, layer, context), layer, context);
  const leak = parameter(draft, `${node.name}.leak`, layer.leak, stepShape(current));
  const attributes = { steps: settings.steps, output: 'all' } as const;
  return draft.emit('integrate', node.name, [current.name, leak], { attributes });
}

/** Name of the recurrent matrix with the gain of each neuron in its row, or nothing. */
function recurrentOf({ name }: NirNode, { gain }: NeuronLayer, { draft, recurrent }: Context): string {
  if (!recurrent) return '';
  const { rows, columns } = recurrent;
  const data = matrixOf(recurrent).map((weight, i) => {
    const row = Math.floor(i / columns);
    return weight * (gain.data[gain.data.length === 1 ? 0 : row] ?? 1);
  });
  return draft.numbers(`${name}.recurrent`, [rows, columns], data);
}

function fires(node: NirNode, input: Operand, layer: NeuronLayer, firing: Firing, context: Context): Operand {
  const { draft, settings, recurrent } = context;
  if (hasBias(layer) && recurrent) refuse('v_leak of a current-based layer in a loop must be 0');
  const drive = driven(node, input, layer, context);
  const isSplit = hasBias(layer);
  const current = isSplit ? synapse(node, drive, layer, context) : drive;
  const shape = stepShape(current);
  const { synapticLeak } = isSplit ? {} : layer;
  const inputs = [
    current.name,
    parameter(draft, `${node.name}.threshold`, firing.threshold, shape),
    parameter(draft, `${node.name}.leak`, layer.leak, shape),
    synapticLeak ? parameter(draft, `${node.name}.synapticLeak`, synapticLeak, shape) : '',
    recurrentOf(node, layer, context),
  ];
  while (inputs.at(-1) === '') inputs.pop();
  const { steps, delayedReset, inclusive } = settings;
  const { reset, resetValue } = firing;
  const attributes = { steps, reset, resetValue, delayedReset, inclusive } as const;
  return draft.emit('lif', node.name, inputs, { attributes, greatest: 1 });
}

function convert(node: NirNode, input: Operand, context: Context): Operand {
  const layer = neuronLayer(node, stepShape(input), context.settings, context.recurrent);
  const { firing } = layer;
  return firing ? fires(node, input, layer, firing, context) : integrates(node, input, layer, context);
}

const layer = (meaning: string, becomes: string, limits?: string): Primitive => ({
  meaning,
  becomes,
  ...(limits && { limits }),
  convert,
});

const oneReset = 'one v_reset for the whole layer';

export const neurons = {
  I: layer("v' = R I", '`integrate`'),
  IF: layer("v' = R I, fires and resets", '`lif`', oneReset),
  LI: layer("tau v' = (v_leak - v) + R I", '`integrate`'),
  LIF: layer("tau v' = (v_leak - v) + R I, fires and resets", '`lif`', oneReset),
  CubaLI: layer("tau_syn i' = -i + w_in S; tau_mem v' = (v_leak - v) + R i", 'two `integrate`'),
  CubaLIF: layer(
    "tau_syn i' = -i + w_in S; tau_mem v' = (v_leak - v) + R i, fires and resets",
    '`lif` with a synapse',
    `${oneReset}; v_leak 0 in a loop`,
  ),
} as const;

export const threshold: Primitive = {
  meaning: 'fires where the input is above the threshold',
  becomes: '`threshold`',
  convert(node, input, { draft, settings }) {
    const shape = stepShape(input);
    const limits = readParameters(node.fields, ['threshold'], shape).threshold;
    const { inclusive } = settings;
    const inputs = [draft.real(input).name, parameter(draft, `${node.name}.threshold`, limits, shape)];
    return draft.emit('threshold', node.name, inputs, { attributes: { inclusive }, greatest: 1 });
  },
};
