import { SpikeletError } from '../../error.js';
import { shorten } from '../json.js';

/** Thrown inside the importer for what one node or tensor asks for and cannot have; collected, never seen outside. */
export class Unsupported extends Error {}

export function rejectOperator(reason: string): never {
  throw new Unsupported(reason);
}

/** One thing that cannot be imported. */
export interface Refusal {
  /** Node or tensor name. */
  readonly name: string;
  /** ONNX operator with its domain, or what else it is. */
  readonly operator: string;
  readonly reason: string;
}

const greatestListed = 50;

/** One error for everything that cannot be imported. */
export function unsupportedError(refusals: readonly Refusal[]): SpikeletError {
  const lines = refusals
    .slice(0, greatestListed)
    .map(({ name, operator, reason }) => `  ${shorten(name)} (${shorten(operator)}): ${reason}`);
  const rest = refusals.length - greatestListed;
  if (rest > 0) lines.push(`  and ${rest} more`);
  const things = refusals.length === 1 ? '1 part' : `${refusals.length} parts`;
  return new SpikeletError(
    'unsupported',
    `${things} of the ONNX model cannot be imported:\n${lines.join('\n')}`,
  );
}
