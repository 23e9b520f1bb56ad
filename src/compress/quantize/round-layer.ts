import { roundCompensated } from './compensated-rounding.js';
import type { LayerWeights } from './emit.js';
import type { Layer } from './layers.js';
import type { SquareMatrix } from './linear-algebra.js';
import { centre, columnBlocks, type Moments, meanPatch } from './moments.js';
import { chooseScales, type QuantizedRows, type RealRows, roundToNearest } from './weights.js';

/** What is known about a layer's input when its weights are rounded. */
export interface LayerInput {
  /** Scale of the quantized input. */
  readonly scale: number;
  /** Statistics of the input as the layers before, already rounded, make it; none if nothing needs them. */
  readonly quantized?: Moments;
  /** Mean patches of the input in the float graph. */
  readonly real?: Moments;
}

/** A bias must stay below this many steps of its integer scale, so that it leaves room in 32 bits. */
const mostBiasSteps = 2 ** 24;

/** Rounds a layer's weights and corrects its bias, group by group. */
export function roundLayer(layer: Layer, input: LayerInput): LayerWeights {
  const { weight, bits } = layer;
  const groups = layer.node.op === 'conv' ? layer.node.attributes.groups : 1;
  const channels = weight.shape[0] ?? 0;
  const columns = weight.data.length / channels;
  const perGroup = channels / groups;
  const q = new Int8Array(weight.data.length);
  const scales = new Float32Array(channels);
  const bias = Float64Array.from({ length: channels }, (_, c) => layer.bias?.data[c] ?? 0);
  for (let group = 0; group < groups; group++) {
    const first = group * perGroup;
    const rows: RealRows = {
      data: weight.data.subarray(first * columns, (first + perGroup) * columns),
      rows: perGroup,
      columns,
    };
    const leastScale = bias
      .subarray(first, first + perGroup)
      .map((real) => Math.abs(real) / (input.scale * mostBiasSteps));
    const rounded = roundRows(layer, rows, leastScale, input, group);
    q.set(rounded.q, first * columns);
    scales.set(rounded.scales, first);
    correctBias(bias.subarray(first, first + perGroup), rows, rounded, input, group);
  }
  return { bits, q, scales, bias };
}

function roundRows(
  { bits, rounding }: Layer,
  rows: RealRows,
  leastScale: Float64Array,
  { quantized, real }: LayerInput,
  group: number,
): QuantizedRows {
  if (rounding === 'nearest' || !quantized) {
    return roundToNearest(rows, chooseScales(rows, bits, leastScale), bits);
  }
  const blocks = real ? centre(quantized, group) : (quantized.blocks[group] ?? []);
  const scales = chooseScales(rows, bits, leastScale, diagonal(blocks, rows.columns));
  const placed = columnBlocks(rows.columns).flatMap(([from], i) => {
    const moment = blocks[i];
    return moment ? [{ from, moment }] : [];
  });
  return roundCompensated(rows, scales, leastScale, bits, placed);
}

/**
 * Adds to a bias what rounding took from the mean output (bias correction, Nagel et al. 2019, arXiv:1906.04721):
 * mean real output - mean output of the rounded weights on the input that the rounded network makes.
 */
function correctBias(
  bias: Float64Array,
  { data, columns }: RealRows,
  { q, scales }: QuantizedRows,
  { quantized, real }: LayerInput,
  group: number,
): void {
  if (!quantized || !real) return;
  const meanReal = meanPatch(real, group);
  const meanQuantized = meanPatch(quantized, group);
  for (let row = 0; row < bias.length; row++) {
    let error = 0;
    for (let k = 0; k < columns; k++) {
      const at = row * columns + k;
      error += (data[at] ?? 0) * (meanReal[k] ?? 0);
      error -= (scales[row] ?? 0) * (q[at] ?? 0) * (meanQuantized[k] ?? 0);
    }
    bias[row] = (bias[row] ?? 0) + error;
  }
}

function diagonal(blocks: readonly SquareMatrix[], columns: number): Float64Array {
  const result = new Float64Array(columns);
  columnBlocks(columns).forEach(([from, width], i) => {
    for (let k = 0; k < width; k++) result[from + k] = blocks[i]?.data[k * width + k] ?? 1;
  });
  return result;
}
