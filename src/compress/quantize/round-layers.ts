import type { Graph } from '../../graph/graph.js';
import type { Quantization, Tensor } from '../../graph/tensor.js';
import { subgraph } from '../edits.js';
import { pacer } from '../pace.js';
import { type Decisions, emit, type LayerWeights } from './emit.js';
import type { Layer } from './layers.js';
import { addPatches, createMoments, type Moments } from './moments.js';
import type { QuantizeOptions } from './options.js';
import type { PatchReader } from './patches.js';
import { roundLayer } from './round-layer.js';
import { type Runs, runSamples, type Samples } from './samples.js';

/** A layer with the mean patches of its input in the float graph. */
export interface MeasuredLayer {
  readonly layer: Layer;
  readonly reader: PatchReader;
  readonly realMeans: Moments;
}

const corrects = ({ biasCorrection = true }: QuantizeOptions): boolean => biasCorrection;

/** Whether a layer has to see its input as the rounded layers before it make it. */
const needsInput = ({ layer }: MeasuredLayer, options: QuantizeOptions): boolean =>
  layer.rounding === 'compensated' || corrects(options);

function byLevel(layers: readonly MeasuredLayer[]): readonly (readonly MeasuredLayer[])[] {
  const levels = new Map<number, MeasuredLayer[]>();
  for (const measured of layers) {
    const level = levels.get(measured.layer.level);
    if (level) level.push(measured);
    else levels.set(measured.layer.level, [measured]);
  }
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}

/** How many times all samples have to be run to round the weights. */
export const levelCount = (layers: readonly MeasuredLayer[], options: QuantizeOptions): number =>
  byLevel(layers).filter((level) => level.some((measured) => needsInput(measured, options))).length;

/** Rounds the weights of all layers, those nearest to the inputs first, each on what the rounded ones before it make. */
export async function roundLayers(
  graph: Graph,
  decided: Omit<Decisions, 'weights'>,
  layers: readonly MeasuredLayer[],
  samples: Samples,
  runs: Runs,
  options: QuantizeOptions,
): Promise<ReadonlyMap<string, LayerWeights>> {
  const weights = new Map<string, LayerWeights>();
  const pace = pacer(runs.signal);
  for (const level of byLevel(layers)) {
    const needy = level.filter((measured) => needsInput(measured, options));
    const moments = await measureInputs(graph, { ...decided, weights }, needy, samples, runs);
    for (const { layer, realMeans } of level) {
      await pace();
      const quantized = moments.get(layer.node.name);
      const scale = decided.quantizations.get(layer.input)?.scale ?? 1;
      const means = corrects(options) ? { real: realMeans } : {};
      weights.set(layer.node.name, roundLayer(layer, { scale, ...(quantized && { quantized }), ...means }));
    }
  }
  return weights;
}

/** Runs the part of the integer graph that makes the inputs of some layers, and gathers their statistics. */
async function measureInputs(
  graph: Graph,
  decisions: Decisions,
  layers: readonly MeasuredLayer[],
  samples: Samples,
  runs: Runs,
): Promise<ReadonlyMap<string, Moments>> {
  if (layers.length === 0) return new Map();
  const names = [...new Set(layers.map(({ layer }) => layer.input))];
  const before = emit(subgraph(graph, names), decisions, 'stored');
  const moments = new Map(
    layers.map(({ layer, reader }) => {
      const what = layer.rounding === 'compensated' ? 'second moments' : 'means';
      return [layer.node.name, createMoments(reader, what)];
    }),
  );
  await runSamples(before, samples, runs, (outputs, _sample, index) => {
    const values = outputs.map((output, i) => realOf(output, decisions.quantizations.get(names[i] ?? '')));
    for (const { layer, reader } of layers) {
      const data = values[names.indexOf(layer.input)];
      const own = moments.get(layer.node.name);
      if (data && own) addPatches(own, reader, data, index);
    }
  });
  return moments;
}

const realOf = (value: Tensor, quantization: Quantization | undefined): Float64Array =>
  Float64Array.from(value.data, (q) => (quantization?.scale ?? 1) * (q - (quantization?.zeroPoint ?? 0)));
