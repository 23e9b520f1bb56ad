import { type Cube, checkCube } from '../data/cube/cube.js';
import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { elementCount, type TypedArray } from '../graph/tensor.js';
import { inferTypes } from '../graph/types.js';
import type { Explanation } from '../index.js';
import { fires, type SceneActivity, SpikeCount } from './activity.js';
import { bandsOf, labelsOf, sampleFunction } from './conventions.js';
import { decide } from './decide.js';
import { GrowingMap } from './growing-map.js';
import { type Job, jobsOf } from './jobs.js';
import { type Engine, open, type Prepared, type SceneWork } from './open.js';
import { checkSceneOptions, type SceneOptions } from './options.js';
import { patchNetwork } from './patch-network.js';
import { copyRegion } from './region.js';

/** The classes of all pixels, row by row. */
export interface SceneMap {
  readonly height: number;
  readonly width: number;
  readonly labels: Uint16Array;
  /** Share of belief in the label of each pixel, 0 to 1. */
  readonly confidence: Float32Array;
  /** The label of each class in the order of the scores, and their names where the model has them. */
  readonly classLabels: readonly number[];
  readonly classNames?: readonly string[];
  readonly work: SceneWork;
  /** Runs of the network. */
  readonly runs: number;
  /** Memory of the network as it ran. */
  readonly memoryBytes: number;
  /** Multiply-accumulates of all runs. */
  readonly macs: number;
  readonly variant: Explanation['variant'];
  readonly threads: number;
  /** In a spiking network. */
  readonly activity?: SceneActivity;
}

/** Hands the pixels of a run to the map and to whoever looks on. */
function take(
  prepared: Prepared,
  { results }: Job,
  scores: TypedArray,
  engine: Engine,
  map: GrowingMap,
): void {
  const { network, labels, options } = prepared;
  const { graph } = engine.chosen;
  const type = inferTypes(graph).get(graph.outputs[0]?.name ?? '');
  const { classes, confidence } = decide(scores, network.classes, type?.quantization);
  let from = 0;
  for (const region of results) {
    const end = from + region.rows * region.columns;
    const own = Uint16Array.from(classes.subarray(from, end), (index) => labels[index] ?? 0);
    const tile = { ...region, labels: own, confidence: confidence.slice(from, end) };
    map.add(tile);
    options.onTile?.(tile);
    from = end;
  }
}

/** Fills the input of a run and gives its scores. */
function runner({ source, options: { signal } }: Prepared, { chosen, model }: Engine) {
  const [input] = chosen.graph.inputs;
  const [output] = chosen.graph.outputs;
  const shape = input?.type.shape ?? [];
  const data = new Float32Array(elementCount(shape));
  return async ({ regions }: Job): Promise<TypedArray> => {
    let from = 0;
    for (const region of regions) {
      const end = from + source.bands.length * region.rows * region.columns;
      copyRegion(source, region, data.subarray(from, end));
      from = end;
    }
    const x = { dtype: 'f32', shape, data } as const;
    const outputs = await model.run({ [input?.name ?? '']: x }, signal ? { signal } : {});
    const scores = outputs[output?.name ?? '']?.data;
    if (!scores) throw new SpikeletError('internal', 'the run gave no scores');
    return scores;
  };
}

/** What is to be told of the model that ran. */
function engineFacts({ model, work }: Engine, runs: number) {
  const { memory, layers, variant, threads } = model.explain();
  const macs = runs * layers.reduce((sum, layer) => sum + layer.macs, 0);
  return { work, runs, memoryBytes: memory.bytes, macs, variant, threads: threads.used };
}

async function runAll(prepared: Prepared, engine: Engine): Promise<SceneMap> {
  const { source, options, network, labels } = prepared;
  const { height, width } = source.cube;
  const total = height * width;
  const map = new GrowingMap(source.cube);
  const jobs = jobsOf(prepared, engine);
  const run = runner(prepared, engine);
  const spikes = fires(network.graph) ? new SpikeCount(engine.model) : undefined;
  for (const job of jobs) {
    options.signal?.throwIfAborted();
    take(prepared, job, await run(job), engine, map);
    spikes?.add();
    options.onProgress?.({ done: map.done, total });
  }
  return {
    height,
    width,
    labels: map.labels,
    confidence: map.confidence,
    classLabels: labels,
    ...(network.classNames && { classNames: network.classNames }),
    ...engineFacts(engine, jobs.length),
    ...(spikes && { activity: spikes.of(engine.chosen.graph) }),
  };
}

/**
 * Classifies every pixel of a scene by a network that classifies the middle of a patch. Where the network allows it,
 * the scene is computed tile by tile, so that nothing is computed twice that neighbouring patches share; else patch by
 * patch. Both give the same scores: integer networks the same bits, f32 ones up to the rounding of sums.
 *
 * Rejects with `invalid-input` for a graph that is no such network and a cube with other bands, samples that are no
 * numbers or contradicting sizes; with `out-of-memory` where not even the smallest tile fits; with `unsupported` where
 * tiles were asked for and a node (which is named) does not allow them; with the signal's reason when it is aborted.
 *
 * @example
 * import { f32Type, graphBuilder } from 'spikelet/graph';
 * import { classifyScene } from 'spikelet/scenes';
 *
 * const g = graphBuilder('brightest band');
 * g.output(g.node('globalAveragePool', [g.input('patch', f32Type([1, 3, 5, 5]))]));
 * const data = Float32Array.from({ length: 40 * 30 * 3 }, Math.random);
 * const cube = { name: 'made up', height: 40, width: 30, bands: 3, data };
 * const { labels, confidence } = await classifyScene(g.build(), cube, { signal: AbortSignal.timeout(10_000) });
 * console.log(labels[0], confidence[0]);
 */
export async function classifyScene(graph: Graph, cube: Cube, options: SceneOptions = {}): Promise<SceneMap> {
  checkSceneOptions(options);
  options.signal?.throwIfAborted();
  const network = patchNetwork(graph);
  checkCube(cube);
  const bands = bandsOf(network, cube, options);
  const source = { cube, bands, apply: sampleFunction(network, cube, bands, options) };
  const prepared = { network, source, labels: labelsOf(network, options), options };
  const engine = await open(prepared);
  try {
    return await runAll(prepared, engine);
  } finally {
    engine.model.close();
  }
}
