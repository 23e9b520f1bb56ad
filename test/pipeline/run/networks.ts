import type { Graph } from '../../../src/graph/graph.js';
import { type CutWidth, layersOf, type Schedule } from '../../../src/pipeline/index.js';
import { Draw } from '../../conformance/generate.js';

/** An f32 network of seven convolutions, with sums over the cuts. */
function residualGraph(): Graph {
  const draw = new Draw(11);
  const { builder } = draw;
  let x = draw.input('image', { dtype: 'f32', shape: [1, 3, 12, 12] }, -1, 1);
  const conv = (from: string, inChannels: number, name: string): string =>
    builder.node(
      'conv',
      [from, builder.constant(`${name}.weight`, draw.floats([8, inChannels, 3, 3], -0.3, 0.3))],
      {
        name,
        attributes: { pads: [1, 1, 1, 1] },
      },
    );
  x = builder.node('relu', [conv(x, 3, 'stem')]);
  for (const block of [1, 2, 3]) {
    const inner = builder.node('relu', [conv(x, 8, `block ${block} first`)]);
    x = builder.node('relu', [builder.node('add', [conv(inner, 8, `block ${block} second`), x])]);
  }
  const scores = builder.node('globalAveragePool', [x], { name: 'scores' });
  return draw.finish(scores).graph;
}

export const residual = { graph: residualGraph() };

/** Inputs that differ. */
export const imagesOf = (count: number) =>
  Array.from({ length: count }, (_, item) => ({
    image: Float32Array.from({ length: 3 * 12 * 12 }, (_, i) => Math.sin(i * (item + 1))),
  }));

/** A schedule of the network with so many workers a stage, and layers shared out by their number. */
export function scheduleOf(lanes: readonly number[], width: CutWidth = 'f32'): Schedule {
  const layers = layersOf(residual.graph).length;
  const at = (stage: number): number => Math.round((stage * layers) / lanes.length);
  return {
    ...{ model: 'residual', batch: 1 },
    stages: lanes.map((count, stage) => ({
      devices: Array.from({ length: count }, (_, lane) => `worker ${stage}.${lane}`),
      ...{ type: 'worker', begin: at(stage), end: at(stage + 1), seconds: 1, memory: 0 },
    })),
    transfers: [...lanes, 0].map((_, i) => ({
      width: i > 0 && i < lanes.length ? width : 'f32',
      ...{ bytes: 0, seconds: 0, delay: 0 },
    })),
  };
}
