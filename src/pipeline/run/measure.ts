import type { ModelSource } from '../../engine/open.js';
import { pack } from '../../format/spikelet.js';
import type { Graph, GraphInput } from '../../graph/graph.js';
import { elementCount, type TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { type Explanation, load, type Tensor } from '../../index.js';
import { layersOf } from '../cut/layers.js';
import { stageGraph } from '../cut/stage-graph.js';
import type { LayerProfile, ModelProfile } from '../profile.js';
import type { ProfileOptions } from './profile.js';
import { readGraph } from './read-graph.js';

const usualRuns = 20;
const usualType = 'worker';

/** Every tenth value is a spike. */
const spikeEvery = 10;

/** Values of a type that follow from their place: in [-1, 1), any byte, or 0 for indices, of which 0 is always one. */
function valuesOf({ name, type }: GraphInput): readonly [name: string, tensor: Tensor] {
  const { dtype, shape, quantization } = type;
  const count = elementCount(shape);
  const hash = (i: number): number => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24;
  switch (dtype) {
    case 'f32':
      return [name, { dtype, shape, data: Float32Array.from({ length: count }, (_, i) => 2 * hash(i) - 1) }];
    case 'u8': {
      const isSpikes = quantization?.scale === 1 && quantization.zeroPoint === 0;
      const byte = (i: number): number => Math.floor(256 * hash(i));
      const data = Uint8Array.from({ length: count }, (_, i) =>
        isSpikes ? Number(i % spikeEvery === 0) : byte(i),
      );
      return [name, { dtype, shape, data }];
    }
    case 'i8':
      return [name, { dtype, shape, data: new Int8Array(count) }];
    case 'i32':
      return [name, { dtype, shape, data: new Int32Array(count) }];
  }
}

const bytesPerElement = { f32: 4, i32: 4, u8: 1, i8: 1 } as const;

const bytesOf = (types: readonly TensorType[]): number =>
  types.reduce((sum, { dtype, shape }) => sum + bytesPerElement[dtype] * elementCount(shape), 0);

/** Bytes of a layer's memory that are neither weights nor its inputs and outputs. */
function workingBytes({ memory: { regions } }: Explanation, ports: readonly TensorType[]): number {
  return Math.max(0, regions.arena + regions.scratch - bytesOf(ports));
}

/** Measures the layers of a model one by one, each in a fresh worker. */
export async function measureLayers(source: ModelSource, options: ProfileOptions): Promise<ModelProfile> {
  const { type = usualType, known, signal, onLayer } = options;
  const graph = await readGraph(source, options);
  const types = inferTypes(graph);
  const layers = layersOf(graph, types);
  const elements = (names: readonly string[]): readonly number[] =>
    names.map((name) => elementCount(types.get(name)?.shape ?? []));
  const measured: LayerProfile[] = [];
  for (const [i, layer] of layers.entries()) {
    signal?.throwIfAborted();
    const before = known?.layers[i];
    const description = { name: layer.name, outputs: elements(layer.crossing) };
    const isKnown = before?.name === layer.name && before.seconds[type] !== undefined;
    const costs = isKnown
      ? before
      : await measureStage(
          stageGraph(graph, layers, i, i + 1, types),
          layer.crossing.flatMap((name) => types.get(name) ?? []),
          options,
        );
    const seconds = { ...(before?.name === layer.name ? before.seconds : {}), ...costs.seconds };
    const { weightBytes, peakBytes } = costs;
    const result: LayerProfile = { ...description, weightBytes, peakBytes, seconds };
    measured.push(result);
    onLayer?.(result, i, layers.length);
  }
  const inputs = graph.inputs.map((input) => elementCount(input.type.shape));
  return { model: graph.name, batch: 1, inputs, layers: measured };
}

type Costs = Pick<LayerProfile, 'seconds' | 'weightBytes' | 'peakBytes'>;

/** Measures a stage whose outputs have the given types. */
async function measureStage(
  stage: Graph,
  outputs: readonly TensorType[],
  options: ProfileOptions,
): Promise<Costs> {
  const { type = usualType, worker = true, memoryLimit, runs = usualRuns, signal } = options;
  const model = await load(pack(stage), { worker, memoryLimit, signal });
  try {
    const given = Object.fromEntries(stage.inputs.map(valuesOf));
    const { medianMs } = await model.profile(given, { runs, signal });
    const explanation = model.explain();
    const ports = [...stage.inputs.map((input) => input.type), ...outputs];
    return {
      seconds: { [type]: medianMs / 1000 },
      weightBytes: explanation.memory.regions.constants,
      peakBytes: workingBytes(explanation, ports),
    };
  } finally {
    model.close();
  }
}
