import type { ModelSource } from '../../engine/open.js';
import type { ModelPort } from '../../engine/ports.js';
import { pack } from '../../format/spikelet.js';
import type { Meaning } from '../../graph/graph.js';
import type { TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { layersOf } from '../cut/layers.js';
import { stageGraph } from '../cut/stage-graph.js';
import { Crew } from './crew.js';
import type { Pipeline, PipelineOptions } from './options.js';
import { checkSchedule, evenSchedule } from './plan.js';
import { readGraph } from './read-graph.js';
import { RunningPipeline } from './running.js';

const usualCredits = 2;
const usualRestarts = 3;

export async function openPipeline(source: ModelSource, options: PipelineOptions): Promise<Pipeline> {
  const { signal, memoryLimit, worker, workers = 1, profile, credits, restarts } = options;
  signal?.throwIfAborted();
  const graph = await readGraph(source, options);
  const types = inferTypes(graph);
  const layers = layersOf(graph, types);
  const schedule = options.schedule ?? evenSchedule(graph, layers, types, workers, profile);
  checkSchedule(schedule, layers);
  const files = schedule.stages.map(({ begin, end }) => pack(stageGraph(graph, layers, begin, end, types)));
  const running = new RunningPipeline(
    {
      // Without the weights, which the workers have.
      graph: { name: graph.name, inputs: graph.inputs },
      inputs: graph.inputs.map((input) => portOf(input, input.type)),
      outputs: graph.outputs.map((output) => portOf(output, types.get(output.name))),
      schedule,
      credits: credits ?? usualCredits,
      restarts: restarts ?? usualRestarts,
    },
    (onLoss) => new Crew({ files, schedule, make: worker, memoryLimit, onLoss }),
  );
  await running.start(signal);
  return running;
}

/** An input or output as a model describes it. */
export function portOf(
  { name, meaning }: { readonly name: string; readonly meaning?: Meaning },
  type?: TensorType,
): ModelPort {
  const { dtype = 'f32', shape = [], quantization } = type ?? {};
  return { name, dtype, shape, ...(quantization && { quantization }), ...(meaning && { meaning }) };
}
