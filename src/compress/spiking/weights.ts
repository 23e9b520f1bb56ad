import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { roundHalfEven } from '../../graph/quantized.js';
import type { Constant, WeightBits } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { consumersOf } from '../edits.js';
import { chooseScales, roundToNearest } from '../quantize/weights.js';
import { thresholdName } from './rewrite.js';

const largestBias = 2 ** 30;

/** Integer weights and bias of a layer over spikes of a scale. */
function integerLayer(weight: Constant, bias: Constant | undefined, bits: WeightBits, scaleIn: number) {
  const rows = weight.shape[0] ?? 1;
  const real = { data: weight.data, rows, columns: weight.data.length / rows };
  const { q, scales } = roundToNearest(real, chooseScales(real, bits, new Float32Array(rows)), bits);
  const biases =
    bias &&
    Int32Array.from(bias.data, (value, channel) => {
      const level = roundHalfEven(value / (scaleIn * (scales[channel] ?? 1)));
      return Math.max(-largestBias, Math.min(level, largestBias));
    });
  return { q, scales, biases };
}

/**
 * Makes the weights of all layers that read spikes integers. Where neurons alone read a layer, its scales divide their
 * thresholds instead of multiplying its sums, one for each channel: the layer and its neurons are integer arithmetic.
 */
export function quantizeSpikingWeights(graph: Graph, bits: WeightBits): Graph {
  const types = inferTypes(graph);
  const consumers = consumersOf(graph);
  const constants = new Map(graph.constants);
  for (const node of graph.nodes) {
    const [input = '', weightName = '', biasName = ''] = node.inputs;
    const [weight, bias] = [graph.constants.get(weightName), graph.constants.get(biasName)];
    const scaleIn = types.get(input)?.quantization?.scale;
    if ((node.op !== 'conv' && node.op !== 'linear') || scaleIn === undefined || weight?.dtype !== 'f32')
      continue;
    if ([weightName, biasName].some((name) => name !== '' && (consumers.get(name)?.length ?? 0) > 1)) {
      throw new SpikeletError('unsupported', 'shares its weights with another layer: give each its own', {
        where: `node '${node.name}' (${node.op})`,
      });
    }
    const { q, scales, biases } = integerLayer(weight, bias, bits, scaleIn);
    const readers = consumers.get(node.outputs[0] ?? '') ?? [];
    const [reader] = readers;
    const threshold = reader?.op === 'lif' && readers.length === 1 ? thresholdName(reader.name) : undefined;
    const limit = threshold === undefined ? undefined : graph.constants.get(threshold);
    if (threshold !== undefined && limit) {
      const data = scales.map((scale) => (limit.data[0] ?? 1) / scale);
      constants.set(threshold, { dtype: 'f32', shape: [scales.length], data });
    }
    const own = limit ? new Float32Array(scales.length).fill(1) : scales;
    constants.set(weightName, {
      dtype: 'i8',
      shape: weight.shape,
      data: q,
      quantization: { bits, scales: own, axis: 0 },
    });
    if (biases) constants.set(biasName, { dtype: 'i32', shape: [biases.length], data: biases });
  }
  return { ...graph, constants };
}
