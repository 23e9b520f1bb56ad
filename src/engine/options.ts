import { SpikeletError } from '../error.js';
import { knownNames } from '../graph/closest.js';
import type { KernelFamily, KernelSource, KernelVariant } from './kernels/source.js';
import type { WorkerLike } from './threads/port.js';

/** How far a load is: `loaded` of `total` bytes (`fetch`, `verify`) or steps; `total` is 0 while it is unknown. */
export interface Progress {
  readonly stage: 'fetch' | 'verify' | 'compile' | 'start';
  readonly loaded: number;
  readonly total: number;
}

export interface LoadOptions {
  /** Ends the load: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Runs the model in a worker, so that a page stays responsive. A function makes the worker where a bundler or a
   * policy needs it made elsewhere: its script imports `spikelet/worker`. Default: false.
   */
  readonly worker?: boolean | (() => WorkerLike) | undefined;
  /**
   * Threads that share each layer. Needs shared memory: in a browser the page must be cross-origin isolated. Where
   * threads cannot be had the model runs on one, and never on more than there are processors: then
   * `explain().threads.reason` says why. Default: 1.
   */
  readonly threads?: number | undefined;
  /** Makes the worker of a thread; its script imports `spikelet/thread`. */
  readonly threadWorker?: (() => WorkerLike) | undefined;
  /** Kernels to use. Default: `auto`, the fastest that answers a self-test correctly. */
  readonly variant?: 'auto' | 'simd' | 'relaxed' | undefined;
  /**
   * Where the kernels come from, for places that cannot import them (service workers): one module as bytes, URL,
   * response or `WebAssembly.Module`, or a function that gets the names of the variant and of the family. One module
   * is that of the `core`, all that most models need; the function is asked for further families, `sparse` for pruned
   * weights, where a model calls their kernels. Default: inside the package.
   *
   * @example
   * kernels: (variant, family) => new URL(`/kernels/${family}-${variant}.wasm`, location.href)
   */
  readonly kernels?:
    | KernelSource
    | ((variant: KernelVariant, family: KernelFamily) => KernelSource | Promise<KernelSource>)
    | undefined;
  /** Bytes that the model file and the model's linear memory may each have. Default: 2 GiB. */
  readonly memoryLimit?: number | undefined;
}

export interface RunOptions {
  /**
   * Ends the run between two steps: it rejects with the signal's reason and the model stays usable. With a signal
   * the run lets the event loop turn every few milliseconds.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * For spiking models: runs step by step and ends as soon as the greatest score leads the second by this margin. The
   * outputs get an i32 tensor `steps` that says how many there were; without such a lead they are those of all steps.
   * The first such run compiles the model again, in memory of its own. Rejects with `unsupported` for models that have
   * no scores summed over time.
   */
  readonly certain?: number | undefined;
}

export interface ProfileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Timed runs, after one that is not. Default: 10. */
  readonly runs?: number | undefined;
}

export const defaultMemoryLimit = 2 ** 31;
export const mostThreads = 64;

interface Rule {
  readonly expects: string;
  accepts(value: unknown): boolean;
}

type Rules<Options> = { readonly [Name in keyof Options]-?: Rule };

const isFunction = (value: unknown): boolean => typeof value === 'function';

const integer = (least: number, greatest: number): Rule => ({
  expects: `an integer from ${least} to ${greatest}`,
  accepts: (v) => typeof v === 'number' && Number.isInteger(v) && v >= least && v <= greatest,
});

const signal: Rule = {
  expects: 'an AbortSignal',
  accepts: (v) => typeof v === 'object' && v !== null && 'throwIfAborted' in v && 'addEventListener' in v,
};

const loadRules: Rules<LoadOptions> = {
  signal,
  onProgress: { expects: 'a function', accepts: isFunction },
  worker: {
    expects: 'true, false or a function that makes a worker',
    accepts: (v) => typeof v === 'boolean' || isFunction(v),
  },
  threads: integer(1, mostThreads),
  threadWorker: { expects: 'a function that makes a worker', accepts: isFunction },
  variant: {
    expects: "'auto', 'simd' or 'relaxed'",
    accepts: (v) => v === 'auto' || v === 'simd' || v === 'relaxed',
  },
  kernels: {
    expects: 'bytes, a URL, a Response, a WebAssembly.Module or a function',
    accepts: (v) => typeof v === 'string' || isFunction(v) || (typeof v === 'object' && v !== null),
  },
  memoryLimit: integer(1, 2 ** 32),
};

const runRules: Rules<RunOptions> = {
  signal,
  certain: { expects: 'a number above 0', accepts: (v) => typeof v === 'number' && v > 0 },
};
const profileRules: Rules<ProfileOptions> = { signal, runs: integer(1, 100_000) };

function check(call: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (typeof options !== 'object' || options === null) {
    throw new SpikeletError('invalid-option', `the options of ${call} must be an object`);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      const message = `${call} has no option '${name}'${knownNames(name, Object.keys(rules))}`;
      throw new SpikeletError('invalid-option', message, { where: name });
    }
    if (value !== undefined && !rule.accepts(value)) {
      throw new SpikeletError('invalid-option', `must be ${rule.expects}`, { where: name });
    }
  }
}

export function checkLoadOptions(options: LoadOptions): void {
  check('load', options, loadRules);
  if (options.worker && options.threadWorker) {
    const message = 'cannot be given together with worker, whose threads are made inside of it';
    throw new SpikeletError('invalid-option', message, { where: 'threadWorker' });
  }
}

export const checkRunOptions = (options: unknown): void => check('run', options, runRules);
export const checkStepOptions = (options: unknown): void => check('step', options, { signal });
export const checkProfileOptions = (options: unknown): void => check('profile', options, profileRules);
