import { existsSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Given } from './command.js';
import { checkTarget } from './files.js';
import { UsageError } from './io.js';
import { valueIn } from './parse.js';

/** Where to write a model that is made of the one at `path`, checked before any work is done. */
export function targetOf(given: Given, path: string): string {
  const usual = `${path.replace(/\.(onnx|spikelet)$/i, '')}.spikelet`;
  const target = valueIn(given, 'output') ?? usual;
  const real = (name: string): string => (existsSync(name) ? realpathSync(name) : resolve(name));
  if (real(target) === real(path)) {
    throw new UsageError('the model would be written over itself; give -o <file>');
  }
  checkTarget(target, basename(usual));
  return target;
}
