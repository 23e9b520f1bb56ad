import type { ModelSource } from '../../engine/open.js';
import { Link } from '../link.js';
import { openLine } from './open-line.js';
import { checkLineOptions, type DevicePipeline, type DevicePipelineOptions } from './options.js';
import { stagedModel } from './staged-model.js';

/**
 * Runs a model in stages on the devices of a NATS server. Who runs which layers is planned from the devices that are
 * there, and anew when one of them leaves, or joins and makes a better plan possible. Every item that is accepted has
 * exactly one result or one error.
 *
 * @throws SpikeletError `invalid-option`; `closed` where there is no server; `unsupported` for a server without
 * JetStream and where devices do not trust the model; `timeout` where too few devices come; what `load` throws about the
 * model.
 * @example
 * const line = await devicePipeline('model.spikelet', { servers: 'nats://127.0.0.1:4222', devices: 2 });
 * for await (const outputs of line.map(items)) console.log(outputs);
 * line.close();
 */
export async function devicePipeline(
  source: ModelSource,
  options: DevicePipelineOptions,
): Promise<DevicePipeline> {
  checkLineOptions(options);
  options.signal?.throwIfAborted();
  const model = await stagedModel(source, options);
  return openLine(model, await Link.open(options), options);
}
