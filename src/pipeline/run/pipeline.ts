import type { ModelSource } from '../../engine/open.js';
import { checkPipelineOptions, type Pipeline, type PipelineOptions } from './options.js';

/**
 * Runs a model as a pipeline: its layers are shared out among workers, and items follow each other through them. A
 * stage's worker holds its own weights alone. Values go from worker to worker; the calling thread sees inputs and
 * results. The results are those of `load(source)`, to the bit, unless the schedule sends values in fewer bits.
 *
 * When a worker dies another takes its place, and what it had not finished is computed again: every item has one result
 * or one error.
 *
 * @throws SpikeletError as `load` does; `invalid-option`; `invalid-input` for a profile of another model.
 * @example
 * import { pipeline } from 'spikelet/pipeline';
 *
 * const line = await pipeline(modelFile, { workers: 2 });
 * const [input] = line.inputs;
 * const items = Array.from({ length: 4 }, () => ({ [input.name]: new Float32Array(input.shape.reduce((n, d) => n * d, 1)) }));
 * for await (const outputs of line.map(items)) console.log(outputs);
 * line.close();
 */
export async function pipeline(source: ModelSource, options: PipelineOptions): Promise<Pipeline> {
  checkPipelineOptions(options);
  const { openPipeline } = await import('./open.js');
  return openPipeline(source, options);
}
