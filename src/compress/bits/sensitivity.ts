import type { Graph } from '../../graph/graph.js';
import type { Constant, Tensor, WeightBits } from '../../graph/tensor.js';
import type { Layer } from '../quantize/layers.js';
import { type Runs, runSamples, type Samples } from '../quantize/samples.js';
import { chooseScales, roundToNearest } from '../quantize/weights.js';

/** Squared error of the outputs as a share of their power, by width. */
export type Sensitivity = ReadonlyMap<WeightBits, number>;

/** Weights rounded to the nearest level and back. */
export function roundTrip(weight: Constant, bits: WeightBits): Constant {
  const rows = weight.shape[0] ?? 1;
  const columns = weight.data.length / rows;
  const real = { data: weight.data, rows, columns };
  const { q, scales } = roundToNearest(real, chooseScales(real, bits, new Float64Array(rows)), bits);
  const data = Float32Array.from(q, (level, i) => level * (scales[Math.floor(i / columns)] ?? 0));
  return { ...weight, data };
}

/**
 * How much the outputs of a float graph change when the weights of one layer at a time are rounded, to each of some
 * widths. The graph runs on all samples once for every layer and width, and once as it is.
 */
export async function measureSensitivities(
  graph: Graph,
  layers: readonly Layer[],
  widthsOf: (layer: Layer) => readonly WeightBits[],
  samples: Samples,
  runs: Runs,
): Promise<readonly Sensitivity[]> {
  const expected: (readonly Tensor[])[] = [];
  await runSamples(graph, samples, runs, (outputs) => expected.push(outputs));
  const power = expected.reduce((sum, outputs) => sum + squaredDistance(outputs), 0);
  const sensitivities: Sensitivity[] = [];
  for (const layer of layers) {
    const errors = new Map<WeightBits, number>();
    for (const bits of widthsOf(layer)) {
      const name = layer.node.inputs[1] ?? '';
      const constants = new Map(graph.constants).set(name, roundTrip(layer.weight, bits));
      let error = 0;
      await runSamples({ ...graph, constants }, samples, runs, (outputs, _sample, index) => {
        error += squaredDistance(outputs, expected[index]);
      });
      errors.set(bits, error / (power || 1));
    }
    sensitivities.push(errors);
  }
  return sensitivities;
}

function squaredDistance(a: readonly Tensor[], b?: readonly Tensor[]): number {
  let sum = 0;
  a.forEach(({ data }, i) => {
    const other = b?.[i]?.data;
    for (let k = 0; k < data.length; k++) sum += ((data[k] ?? 0) - (other?.[k] ?? 0)) ** 2;
  });
  return sum;
}
