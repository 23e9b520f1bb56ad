import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { Graph, Provenance } from '../../graph/graph.js';
import { referenceExecutor } from '../../graph/interpret.js';
import { inferTypes } from '../../graph/types.js';
import { fold } from '../fold/fold.js';
import { emit } from './emit.js';
import { outputValues, quantizations } from './groups.js';
import type { Histogram } from './histogram.js';
import { type Layer, layersOf } from './layers.js';
import { addPatches, createMoments } from './moments.js';
import { observeValues } from './observe.js';
import { checkOptions, type QuantizeOptions } from './options.js';
import { patchReader } from './patches.js';
import { calibrate, type Range, rangeOf } from './range.js';
import { levelCount, type MeasuredLayer, roundLayers } from './round-layers.js';
import { type Runs, repeatable, type Samples } from './samples.js';
import { quantizedValues, type Scheme, schemeOf } from './scheme.js';

const defaultPercentile = 99.99;

/**
 * Post-training quantization: an integer graph that computes nearly what a float graph does. Activations become u8
 * with ranges learnt from samples, weights integers of 2 to 8 bits with one scale an output channel, biases i32;
 * relus and clips vanish into the ranges. What has no integer form stays f32 between `dequantize` and `quantize`.
 * Inputs and outputs keep their names, types and meanings. In the provenance `method`, `command` and `accuracy` become
 * `floatMethod`, `floatCommand` and `floatAccuracy`. The graph is folded first; it and the samples are left as
 * they are. The same samples and options give the same bytes.
 *
 * Throws `invalid-input` for samples that do not fit, `invalid-option`, `unsupported` if nothing in the graph has an
 * integer form, and the signal's reason when it is aborted.
 *
 * @param samples Typical inputs; a few hundred are enough.
 * @example
 * const small = await quantize(graph, images, { weightBits: 4, calibration: 'mse' });
 */
export async function quantize(
  graph: Graph,
  samples: Samples,
  options: QuantizeOptions = {},
): Promise<Graph> {
  checkOptions(options);
  const real = fold(graph);
  const scheme = schemeOf(real);
  const layers = layersOf(real, scheme, options);
  checkLayers(real, scheme, layers, options);
  const repeated = await repeatable(samples);
  const measured = layers.map((layer) => measuredLayer(real, layer));
  const passes = 1 + levelCount(measured, options);
  const runs = runsOf(options, Array.isArray(repeated) ? repeated.length * passes : 0);

  const names = quantizedValues(real, scheme);
  const { histograms, samples: count } = await observeValues(
    real,
    names,
    repeated,
    runs('observe'),
    (values, index) => {
      for (const { layer, reader, realMeans } of measured) {
        const data = values.get(layer.input);
        if (data) addPatches(realMeans, reader, data, index);
      }
    },
  );
  const ranges = calibrateAll(real, scheme, histograms, options);
  const decided = { scheme, quantizations: quantizations(real, scheme, ranges) };
  const weights = await roundLayers(real, decided, measured, repeated, runs('weights'), options);
  const integer = emit(real, { ...decided, weights }, 'real');
  return { ...integer, provenance: provenanceOf(graph, summary(layers, options, count)) };
}

/** How the float model was made, and what it reached, is no longer true of this one. */
function provenanceOf({ provenance = {} }: Graph, quantization: string): Provenance {
  const { method, command, accuracy, ...rest } = provenance;
  return {
    method: 'quantized after training',
    ...rest,
    ...(method !== undefined && { floatMethod: method }),
    ...(command !== undefined && { floatCommand: command }),
    ...(accuracy !== undefined && { floatAccuracy: accuracy }),
    quantization,
  };
}

function checkLayers(
  graph: Graph,
  scheme: Scheme,
  layers: readonly Layer[],
  { layerBits = {} }: QuantizeOptions,
): void {
  if (scheme.integer.size === 0) {
    throw new SpikeletError('unsupported', 'nothing in it can be quantized: it has no float layers', {
      where: `graph '${graph.name}'`,
    });
  }
  const known = layers.map((layer) => layer.node.name);
  const unknown = Object.keys(layerBits).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new SpikeletError('invalid-option', `there is no such layer${knownNames(unknown, known)}`, {
      where: `layerBits '${unknown}'`,
    });
  }
}

function measuredLayer(graph: Graph, layer: Layer): MeasuredLayer {
  const types = inferTypes(graph);
  const reader = patchReader(layer.node, types.get(layer.input)?.shape ?? [], layer.weight.shape);
  return { layer, reader, realMeans: createMoments(reader, 'means') };
}

/** What counts the runs and reports them, by stage. */
function runsOf(options: QuantizeOptions, total: number): (stage: 'observe' | 'weights') => Runs {
  let done = 0;
  return (stage) => ({
    executor: options.executor ?? referenceExecutor,
    signal: options.signal,
    onRun: () => options.onProgress?.({ stage, done: ++done, total }),
  });
}

/** Range of every value. Of images it is known; outputs keep all they showed, so that none of them tie at the end. */
function calibrateAll(
  graph: Graph,
  scheme: Scheme,
  histograms: ReadonlyMap<string, Histogram>,
  { calibration = 'mse', percentile = defaultPercentile }: QuantizeOptions,
): ReadonlyMap<string, Range> {
  const outputs = outputValues(graph, scheme);
  return new Map(
    [...histograms].map(([name, histogram]) => {
      const own = outputs.has(name) ? 'minmax' : calibration;
      return [name, imageRange(graph, name) ?? calibrate(histogram, own, percentile)];
    }),
  );
}

/** All values that the pixels of an image input can have. */
function imageRange(graph: Graph, name: string): Range | undefined {
  const meaning = graph.inputs.find((input) => input.name === name)?.meaning;
  if (meaning?.kind !== 'image') return undefined;
  const ends = [0, 1].map((pixel) => meaning.mean.map((mean, c) => (pixel - mean) / (meaning.std[c] ?? 1)));
  return rangeOf(Math.min(...(ends[0] ?? [])), Math.max(...(ends[1] ?? [])));
}

function summary(layers: readonly Layer[], options: QuantizeOptions, samples: number): string {
  const counts = new Map<number, number>();
  for (const { bits } of layers) counts.set(bits, (counts.get(bits) ?? 0) + 1);
  const widths = [...counts].sort(([a], [b]) => b - a).map(([bits, count]) => `${count} of ${bits} bits`);
  const { calibration = 'mse', percentile = defaultPercentile, biasCorrection = true } = options;
  const range = calibration === 'percentile' ? `percentile ${percentile}` : calibration;
  const rounding = [...new Set(layers.map((layer) => layer.rounding))].join(' and ');
  const correction = biasCorrection ? ', bias correction' : '';
  return `layers: ${widths.join(', ')}; u8 activations, ${range} of ${samples} samples; ${rounding} rounding${correction}`;
}
