import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How often each operator stands in a model. */
export type OperatorCounts = Readonly<Record<string, number>>;

/**
 * Operators stand in a model as fields of their own: tag 4 of NodeProto, a length, the name. Strings of attributes
 * look the same but are written in capitals.
 */
function countOperators(model: string): OperatorCounts {
  const counts: Record<string, number> = {};
  for (const [, lengthByte = '', run = ''] of model.matchAll(/"([\0-\x7f])([A-Z][A-Za-z0-9]+)/g)) {
    const length = lengthByte.charCodeAt(0);
    const name = run.slice(0, length);
    const isOperator = length > 2 && name.length === length && /[a-z]/.test(name);
    if (isOperator) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/**
 * The operators that onnxruntime-web really runs for a model, after its own optimisation: whether it computes in
 * integers is seen here and nowhere else.
 */
export async function optimisedOperators(root: string, file: string): Promise<OperatorCounts> {
  const script = join(root, 'tools/bench/process/print-optimised.mjs');
  const { stderr } = await promisify(execFile)(process.execPath, [script, file], { maxBuffer: 2 ** 28 });
  return countOperators(stderr);
}
