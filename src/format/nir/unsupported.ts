import { SpikeletError } from '../../error.js';
import { shorten } from '../json.js';

/** Thrown inside the importer for what one node asks for and cannot have; collected, never seen outside. */
export class Unsupported extends Error {}

export function refuse(reason: string): never {
  throw new Unsupported(reason);
}

/** One node that cannot be imported. */
export interface Refusal {
  readonly name: string;
  readonly type: string;
  readonly reason: string;
}

const greatestListed = 50;

/** Collects what cannot be imported, to name all of it at once. */
export class Refusals {
  readonly #list: Refusal[] = [];

  /** Runs `work`; what it cannot do becomes a refusal. */
  attempt<T>(name: string, type: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.#list.push({ name, type, reason: error.message });
      return undefined;
    }
  }

  /** Throws `unsupported` if there are any. */
  check(): void {
    if (this.#list.length === 0) return;
    const lines = this.#list
      .slice(0, greatestListed)
      .map(({ name, type, reason }) => `  ${shorten(name)} (${shorten(type)}): ${reason}`);
    const rest = this.#list.length - greatestListed;
    if (rest > 0) lines.push(`  and ${rest} more`);
    const nodes = this.#list.length === 1 ? '1 node' : `${this.#list.length} nodes`;
    throw new SpikeletError(
      'unsupported',
      `${nodes} of the NIR graph cannot be imported:\n${lines.join('\n')}`,
    );
  }
}
