import { rejectInput } from '../../pipeline/check.js';
import { FileService } from '../files.js';
import { freshId } from '../fresh-id.js';
import type { Link } from '../link.js';
import { runSubjects } from '../wire/subjects.js';
import { Items } from './items.js';
import type { DevicePipeline, DevicePipelineOptions } from './options.js';
import { RunningLine } from './running-line.js';
import type { StagedModel } from './staged-model.js';

const usual = { devices: 1, joinWithin: 30_000, deadline: 60_000, credits: 2, space: 'default' } as const;

/** Runs a model that can be cut over a connection, which is the pipeline's from now on. */
export async function openLine(
  model: StagedModel,
  link: Link,
  options: Omit<DevicePipelineOptions, 'servers'>,
): Promise<DevicePipeline> {
  const {
    profile,
    signal,
    deadline = usual.deadline,
    credits = usual.credits,
    space = usual.space,
  } = options;
  const { network, mostReplicas, accuracy, onPlan } = options;
  if (profile && profile.layers.length !== model.layers) {
    await link.close();
    rejectInput('profile.layers', `has ${profile.layers.length} layers, the model ${model.layers}`);
  }
  const run = freshId();
  const subjects = runSubjects(space, run);
  const manager = await link.manager().catch(async (error: unknown) => {
    await link.close();
    throw error;
  });
  const files = new FileService(link, subjects.file);
  const header = await files.add(model.header);
  const line = new RunningLine({
    ...{ profile, network, mostReplicas, accuracy, onPlan, deadline, identity: header.sha256 },
    devices: options.devices ?? usual.devices,
    joinWithin: options.joinWithin ?? usual.joinWithin,
    around: {
      link,
      manager,
      space,
      run,
      subjects,
      model,
      header,
      files,
      items: new Items(deadline),
      credits,
    },
  });
  await line.start(signal);
  return line;
}
