import { SpikeletError } from '../../error.js';
import type { PartitionOptions } from './options.js';
import type { Problem } from './problem.js';

/** The layer that fits into no device by itself, if there is one. */
function tooLargeLayer({ layers, fits }: Problem): number | undefined {
  for (let at = 0; at < layers; at++) {
    if (fits.every((fit) => fit[at * (layers + 1) + at + 1] !== 1)) return at;
  }
  return undefined;
}

/** The error that says why there is no schedule at all. */
export function refusal(problem: Problem, options: PartitionOptions): SpikeletError {
  const { profile, classes, mostDevices } = problem;
  const at = tooLargeLayer(problem);
  if (at !== undefined) {
    const most = Math.max(...classes.map(({ memory }) => memory));
    const name = profile.layers[at]?.name ?? '';
    return new SpikeletError(
      'out-of-memory',
      `fits into no device with its buffers, not even the largest of ${most} bytes: smaller micro-batches or fewer buffers help`,
      { where: `layer ${at + 1} '${name}'` },
    );
  }
  const limits = [
    `${mostDevices} ${mostDevices === 1 ? 'device' : 'devices'}`,
    ...(options.periodLimit === undefined ? [] : [`${options.periodLimit} s between two micro-batches`]),
    ...(options.accuracy === undefined ? [] : [`an accuracy cost of ${options.accuracy.bound}`]),
  ];
  return new SpikeletError(
    options.periodLimit === undefined ? 'out-of-memory' : 'invalid-option',
    `no schedule of '${profile.model}' keeps within the memory of the devices, ${limits.join(' and ')}`,
    { where: 'devices' },
  );
}
