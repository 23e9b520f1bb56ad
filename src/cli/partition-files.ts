import { SpikeletError } from '../error.js';
import type { Device, ModelProfile, Network } from '../pipeline/index.js';
import { type PipeEdgeOptions, readDevices, readPipeEdge, readProfile } from '../pipeline/index.js';
import type { Given, OptionSpec } from './command.js';
import { readWhole } from './files.js';
import { UsageError } from './io.js';
import { integerIn, valueIn } from './parse.js';

/** What is to be placed, and on what. */
export interface PartitionFiles {
  readonly profile: ModelProfile;
  readonly devices: readonly Device[];
  readonly network: Network;
  readonly warnings: readonly string[];
}

export const partitionFileOptions: Readonly<Record<string, OptionSpec>> = {
  model: { value: '<file>', help: "the model's profile: our JSON, or PipeEdge's models.yml", required: true },
  devices: {
    value: '<file>',
    help: "devices and network: our JSON, or PipeEdge's devices.yml",
    required: true,
  },
  types: { value: '<file>', help: "PipeEdge's device_types.yml" },
  neighbors: { value: '<file>', help: "PipeEdge's device_neighbors.yml" },
  name: { value: '<model>', help: 'which model of models.yml, if there are several' },
  batch: { value: '<n>', help: 'items of a micro-batch in device_types.yml (default 8)' },
  dtype: { value: '<name>', help: 'type of the times in device_types.yml (default torch.float32)' },
};

const pipeEdgeOnly = ['types', 'neighbors', 'name', 'batch', 'dtype'];

const isYaml = (path: string): boolean => /\.ya?ml$/i.test(path);

const textOf = (path: string): string => new TextDecoder().decode(readWhole(path));

/** Reads a file with its path in front of what is wrong with it. */
async function inFile<T>(path: string, read: (text: string) => T | Promise<T>): Promise<T> {
  const text = textOf(path);
  try {
    return await read(text);
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error;
    throw new SpikeletError(error.code, error.message, { where: path, cause: error });
  }
}

function pipeEdgeOptions(given: Given): PipeEdgeOptions {
  return {
    model: valueIn(given, 'name'),
    dtype: valueIn(given, 'dtype'),
    batch: integerIn(given, 'batch', 8),
  };
}

/** Reads the files that a command names. */
export async function readPartitionFiles(given: Given): Promise<PartitionFiles> {
  const [model = '', devices = ''] = ['model', 'devices'].map((name) => valueIn(given, name));
  if (isYaml(model) !== isYaml(devices)) {
    throw new UsageError("--model and --devices must both be JSON or both PipeEdge's YAML");
  }
  if (!isYaml(model)) {
    const idle = pipeEdgeOnly.find((name) => given.values.has(name));
    if (idle !== undefined) throw new UsageError(`--${idle} is for PipeEdge's YAML files`);
    const profile = await inFile(model, readProfile);
    return { profile, ...(await inFile(devices, readDevices)), warnings: [] };
  }
  const types = valueIn(given, 'types');
  if (types === undefined) throw new UsageError("PipeEdge's files need --types <device_types.yml> too");
  const neighbors = valueIn(given, 'neighbors');
  return readPipeEdge(
    {
      models: textOf(model),
      deviceTypes: textOf(types),
      devices: textOf(devices),
      neighbors: neighbors === undefined ? undefined : textOf(neighbors),
    },
    pipeEdgeOptions(given),
  );
}
