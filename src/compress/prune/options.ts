import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';

/** What is taken away together. */
export type PrunePattern =
  /** Single weights. */
  | 'irregular'
  /** Four input channels at one position of the window, as the kernels for sparse weights read them. */
  | 'grouped'
  /** Output channels of convolutions that only convolutions read, which are taken out of the network. */
  | 'channel';

/** What competes with what for its place. */
export type PruneScope =
  /** All layers together, by scores that are comparable between layers. */
  | 'global'
  /** Each layer alone: all get the same density. */
  | 'layer';

export interface PruneOptions {
  /** Share of the weights to take away, from 0 to less than 1. */
  readonly sparsity: number;
  /** Default: `irregular`. */
  readonly pattern?: PrunePattern | undefined;
  /** Default: `global`. */
  readonly scope?: PruneScope | undefined;
  /** Least share that the first and last layers keep. Default: 0.5. */
  readonly edgeDensity?: number | undefined;
}

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

type Rule = readonly [expects: string, accepts: (value: unknown) => boolean];

const rules: Readonly<Record<keyof PruneOptions, Rule>> = {
  sparsity: ['a share from 0 to less than 1', (value) => isShare(value) && value !== 1],
  pattern: [
    "'irregular', 'grouped' or 'channel'",
    (value) => value === undefined || value === 'irregular' || value === 'grouped' || value === 'channel',
  ],
  scope: ["'global' or 'layer'", (value) => value === undefined || value === 'global' || value === 'layer'],
  edgeDensity: ['a share from 0 to 1', (value) => value === undefined || isShare(value)],
};

/** Throws `invalid-option` for an option that does not exist, is missing or has an impossible value. */
export function checkPruneOptions(options: PruneOptions): void {
  const given = new Map<string, unknown>(Object.entries(options));
  for (const name of given.keys()) {
    if (!Object.hasOwn(rules, name)) {
      const message = `prune has no such option${knownNames(name, Object.keys(rules))}`;
      throw new SpikeletError('invalid-option', message, { where: name });
    }
  }
  for (const [name, [expects, accepts]] of Object.entries(rules)) {
    if (!accepts(given.get(name))) {
      throw new SpikeletError('invalid-option', `must be ${expects}`, { where: name });
    }
  }
}
