import type { Graph } from '../../graph/graph.js';
import { elementCount, type TensorType } from '../../graph/tensor.js';
import { rejectInput, rejectOption } from '../check.js';
import type { Layer } from '../cut/layers.js';
import { partition } from '../partition/partition.js';
import { isMeasuredOn, type ModelProfile } from '../profile.js';
import type { Schedule } from '../schedule.js';

const workerType = 'worker';

/** Multiplications that take as long as writing one value of 32 bits, roughly. */
const macsPerElement = 16;

/**
 * Layers with what they may take: enough to share them out. `speeds` are multiplications a second, by type of device;
 * weights count as they are before they are packed.
 */
export function estimate(
  graph: Graph,
  layers: readonly Layer[],
  types: ReadonlyMap<string, TensorType>,
  speeds: Readonly<Record<string, number>>,
): ModelProfile {
  const elements = (names: readonly string[]): readonly number[] =>
    names.map((name) => elementCount(types.get(name)?.shape ?? []));
  return {
    model: graph.name,
    batch: 1,
    inputs: graph.inputs.map(({ type }) => elementCount(type.shape)),
    layers: layers.map(({ name, begin, end, macs, elements: written, crossing }) => ({
      name,
      seconds: Object.fromEntries(
        Object.entries(speeds).map(([type, speed]) => [type, (macs + macsPerElement * written) / speed]),
      ),
      weightBytes: constantBytes(graph, begin, end),
      ...{ peakBytes: 0, outputs: elements(crossing) },
    })),
  };
}

/** Bytes of the constants that some nodes read. */
function constantBytes({ nodes, constants }: Graph, begin: number, end: number): number {
  const names = new Set(nodes.slice(begin, end).flatMap(({ inputs }) => inputs));
  return [...names].reduce((sum, name) => sum + (constants.get(name)?.data.byteLength ?? 0), 0);
}

/** The only type of device that a profile knows. */
function typeOf(profile: ModelProfile): string {
  const types = Object.keys(profile.layers[0]?.seconds ?? {}).filter((type) => isMeasuredOn(profile, type));
  const [type] = types;
  if (type === undefined || types.length > 1) {
    rejectInput('profile.layers', `must have times on one type of device, have ${types.length}`);
  }
  return type;
}

/** A schedule that shares the layers out evenly among so many workers; fewer where there are not enough layers. */
export function evenSchedule(
  graph: Graph,
  layers: readonly Layer[],
  types: ReadonlyMap<string, TensorType>,
  workers: number,
  measured: ModelProfile | undefined,
): Schedule {
  const profile = measured ?? estimate(graph, layers, types, { [workerType]: 1 });
  if (profile.layers.length !== layers.length) {
    rejectInput('profile.layers', `has ${profile.layers.length} layers, the model ${layers.length}`);
  }
  const type = measured ? typeOf(measured) : workerType;
  const devices = Array.from({ length: Math.min(workers, layers.length) }, (_, i) => ({
    name: `worker ${i + 1}`,
    ...{ type, memory: Number.MAX_SAFE_INTEGER },
  }));
  return partition(profile, devices).schedule;
}

/** Throws `invalid-option` for a schedule that is not one of this model. */
export function checkSchedule(schedule: Schedule, layers: readonly Layer[]): void {
  const { stages, transfers } = schedule;
  const where = (i: number): string => `schedule.stages[${i}]`;
  let begin = 0;
  stages.forEach((stage, i) => {
    if (stage.devices.length === 0) rejectOption(where(i), 'has no device');
    if (stage.begin !== begin || stage.end <= stage.begin) {
      rejectOption(where(i), `has layers ${stage.begin} to ${stage.end}, expected some from ${begin} on`);
    }
    begin = stage.end;
  });
  if (begin !== layers.length) {
    rejectOption('schedule.stages', `end with layer ${begin}, the model has ${layers.length} layers`);
  }
  if (transfers.length !== stages.length + 1) {
    rejectOption(
      'schedule.transfers',
      `are ${transfers.length}, expected ${stages.length + 1}: one more than stages`,
    );
  }
}
