import { neuronCount } from '../../../graph/neurons.js';
import type { NodeFor } from '../../../graph/ops/table.js';
import { byteSize } from '../../../graph/tensor.js';
import { neuronUnits } from '../../kernels/spiking.js';
import { nowhere } from '../../program.js';
import { constantOf, define, type Lowering, unsupported, use } from '../context.js';
import { parameterOf, strideOverSteps } from './lif.js';
import { filledUp, inMemoryOrder, placeParameter } from './parameters.js';

export const lowerIntegrate: Lowering<NodeFor<'integrate'>> = (context, fused) => {
  const { name, attributes } = fused.node;
  const current = use(context, fused, 0);
  const output = define(context, fused.output);
  const { shape } = output.type;
  const { samples } = attributes;
  const neurons = neuronCount(shape) * samples;
  const leak = placeParameter(context, `${name}.leak`, parameterOf(context, fused, 1), shape, samples);
  const { stateful } = context.choices;
  context.program.call('f32_integrate', neuronUnits(neurons), {
    ...{ input: current.at, output: output.at, leak: leak.table, leakPeriod: leak.period, neurons },
    state: stateful ? context.program.state(`${name}.state`, filledUp(neurons) * 4) : nowhere,
    steps: attributes.steps || (current.type.shape[0] ?? 1) / samples,
    inputStride: strideOverSteps(current.type.shape, samples, neurons),
    outputStride: attributes.output === 'all' ? neurons : 0,
    continues: stateful ? 1 : 0,
  });
};

export const lowerDelay: Lowering<NodeFor<'delay'>> = (context, fused) => {
  const { name, attributes, inputs } = fused.node;
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const { shape, dtype, quantization } = output.type;
  const neurons = neuronCount(shape) * attributes.samples;
  const given = constantOf(context, inputs[1]);
  const delays = given && inMemoryOrder(given, shape);
  const each = delays && Int32Array.from({ length: neurons }, (_, i) => delays[i % delays.length] ?? 0);
  const depth = each ? each.reduce((a, b) => Math.max(a, b), 0) : attributes.steps;
  const fill = quantization?.zeroPoint ?? 0;
  const keeps = context.choices.stateful === true && depth > 0;
  if (keeps && fill !== 0) unsupported(fused, `a stream of delayed values needs zero point 0, not ${fill}`);
  context.program.call(dtype === 'f32' ? 'f32_delay' : 'u8_delay', neuronUnits(neurons), {
    ...{
      input: x.at,
      output: output.at,
      neurons,
      steps: (shape[0] ?? 1) / attributes.samples,
      fill,
      delay: attributes.steps,
      depth,
    },
    delays: each ? context.program.constant(`${name}.delays`, each) : nowhere,
    history: keeps ? context.program.state(`${name}.history`, depth * neurons * byteSize[dtype]) : nowhere,
  });
};
