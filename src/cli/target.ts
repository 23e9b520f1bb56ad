import { existsSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Given } from './command.js';
import { checkTarget } from './files.js';
import { UsageError } from './io.js';
import { valueIn } from './parse.js';

/** Endings of the formats of others, which are not written here. */
const otherFormat = /\.(onnx|ort|nir|h5|hdf5|keras|tflite|pb|pt|pth|ckpt|safetensors|gguf|npz)$/i;

/** Where to write a model that is made of the one at `path`, checked before any work is done. */
export function targetOf(given: Given, path: string): string {
  const usual = `${path.replace(/\.(onnx|spikelet)$/i, '')}.spikelet`;
  const target = valueIn(given, 'output') ?? usual;
  const [ending] = otherFormat.exec(target) ?? [];
  if (ending !== undefined) {
    const own = basename(target).slice(0, -ending.length);
    throw new UsageError(
      `only .spikelet files are written, but ${target} ends with ${ending}; give -o ${own}.spikelet`,
    );
  }
  const real = (name: string): string => (existsSync(name) ? realpathSync(name) : resolve(name));
  if (real(target) === real(path)) {
    throw new UsageError('the model would be written over itself; give -o <file>');
  }
  checkTarget(target, basename(usual));
  return target;
}
