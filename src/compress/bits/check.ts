import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { AllocateOptions, Budget } from './options.js';

const known: readonly (keyof AllocateOptions)[] = [
  'budget',
  'widths',
  'edgeBits',
  'ties',
  'executor',
  'signal',
  'onProgress',
];

const isBits = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 2 && value <= 8;

const isPositive = (value: unknown): boolean =>
  typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY;

function reject(where: string, message: string): never {
  throw new SpikeletError('invalid-option', message, { where });
}

function checkBudgetOption(budget: Budget | undefined): void {
  switch (budget?.kind) {
    case 'bits':
      if (!isPositive(budget.perWeight)) reject('budget', 'perWeight must be a number above 0');
      return;
    case 'bytes':
      if (!isPositive(budget.bytes)) reject('budget', 'bytes must be a number above 0');
      return;
    case 'time':
      if (!isPositive(budget.ms)) reject('budget', 'ms must be a number above 0');
      return;
    default:
      reject('budget', "kind must be 'bits', 'bytes' or 'time'");
  }
}

/** Throws `invalid-option` for an option that does not exist, is missing or has an impossible value. */
export function checkAllocateOptions(options: AllocateOptions): void {
  const unknown = Object.keys(options).find((name) => !known.some((own) => own === name));
  if (unknown !== undefined) reject(unknown, `allocateBits has no such option${knownNames(unknown, known)}`);
  checkBudgetOption(options.budget);
  const { widths, edgeBits, ties } = options;
  if (widths !== undefined && !(Array.isArray(widths) && widths.length > 0 && widths.every(isBits))) {
    reject('widths', 'must be integers from 2 to 8, one at least');
  }
  if (edgeBits !== undefined && !isBits(edgeBits)) reject('edgeBits', 'must be an integer from 2 to 8');
  if (ties !== undefined && !(Array.isArray(ties) && ties.every(Array.isArray))) {
    reject('ties', 'must be lists of layer names');
  }
}
