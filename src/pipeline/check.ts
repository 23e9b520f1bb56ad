import { SpikeletError } from '../error.js';
import { knownNames } from '../graph/closest.js';

/** Throws `invalid-input` about a field of the data given. */
export function rejectInput(where: string, message: string, cause?: unknown): never {
  throw new SpikeletError('invalid-input', message, { where, cause });
}

/** Throws `invalid-option`. */
export function rejectOption(where: string, message: string): never {
  throw new SpikeletError('invalid-option', message, { where });
}

/** Throws `invalid-option` for an option that does not exist, with the closest that does. */
export function checkOptionNames(options: object, known: readonly string[], where = ''): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    rejectOption(`${where}${unknown}`, `there is no such option${knownNames(unknown, known)}`);
  }
}

export const isCount = (value: unknown, least = 1): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least;

export const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;

/** A finite number of at least 0. */
export function checkAmount(value: unknown, where: string): void {
  if (!isAmount(value)) rejectInput(where, `must be a finite number of at least 0, got ${String(value)}`);
}

/** An integer of at least `least`. */
export function checkCount(value: unknown, where: string, least = 1): void {
  if (!isCount(value, least))
    rejectInput(where, `must be an integer of at least ${least}, got ${String(value)}`);
}

export function checkName(value: unknown, where: string): void {
  if (typeof value !== 'string' || value === '') rejectInput(where, 'must be a text that is not empty');
}

export function checkList(value: unknown, where: string): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) rejectInput(where, 'must be a list');
}
