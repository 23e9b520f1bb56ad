import type { Graph } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';
import { writeWhole } from '../files.js';
import { activityPicture } from './picture.js';
import { rasterOf } from './raster.js';
import type { LayerActivity } from './tally.js';

/** Writes a picture of one run's spikes and of the average activity of layers. */
export async function drawActivity(
  path: string,
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
  layers: readonly LayerActivity[],
  signal: AbortSignal,
): Promise<void> {
  const raster = await rasterOf(graph, inputs, signal);
  writeWhole(path, activityPicture(graph.name, raster, layers), signal);
}
