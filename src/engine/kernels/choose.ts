import type { Target } from '../../compile/plan.js';
import { SpikeletError } from '../../error.js';
import type { LoadOptions } from '../options.js';
import { answersCorrectly } from './known-answer.js';
import { meaningOfDot, relaxedDotLoop, supportsSimd } from './relaxed-dot.js';
import { compileKernels, type KernelProvider, type KernelSource, type KernelVariant } from './source.js';
import { chooseThreads, type ThreadChoice } from './thread-support.js';

/** The kernels that a model runs with: plain data that a worker can be handed. */
export interface Kernels {
  readonly target: Target;
  readonly module: WebAssembly.Module;
  readonly threads: ThreadChoice;
  /** Faster variants that were not taken, and why. */
  readonly rejected: readonly string[];
}

/** Facts about this JavaScript engine and this package that cannot change while the page or process lives. */
let dot: { readonly meaning: Exclude<Target['dot'], 'i16'> | undefined } | undefined;
const trusted = new Map<KernelVariant, Promise<WebAssembly.Module | undefined>>();

/** What relaxed SIMD's dot product computes here; `undefined` where it is missing or not exact. Asked once. */
export function relaxedDot(): Exclude<Target['dot'], 'i16'> | undefined {
  if (!dot) {
    const loop = relaxedDotLoop();
    dot = { meaning: loop && meaningOfDot(loop) };
  }
  return dot.meaning;
}

/**
 * Picks the fastest kernels that answer a self-test correctly: `relaxed` where relaxed SIMD has an exact dot
 * product, else `simd`. Throws `no-engine` where not even that works.
 */
export async function chooseKernels(options: LoadOptions, embedded: KernelProvider): Promise<Kernels> {
  if (!supportsSimd()) {
    throw new SpikeletError(
      'no-engine',
      'this JavaScript engine has no WebAssembly SIMD: update the browser or Node',
    );
  }
  const rejected: string[] = [];
  const find = moduleFinder(options, embedded);
  const targets = candidates(options.variant ?? 'auto', rejected);
  for (const threads of threadChoices(options)) {
    for (const target of targets) {
      const shared = threads.used > 1;
      const name: KernelVariant = shared ? `${target.variant}-shared` : target.variant;
      const module = await find(name, target, shared);
      if (module) return { target, module, threads, rejected };
      rejected.push(`${name}: gives wrong results in the self-test`);
    }
  }
  throw new SpikeletError('no-engine', `no kernels can be used here (${rejected.join('; ')})`);
}

/** A module that is given may be one without shared memory. */
function threadChoices({ threads = 1, kernels }: LoadOptions): readonly ThreadChoice[] {
  const wanted = chooseThreads(threads);
  if (wanted.used === 1 || kernels === undefined || typeof kernels === 'function') return [wanted];
  const reason = "the module given as 'kernels' is not one for shared memory";
  return [wanted, { requested: threads, used: 1, reason }];
}

function candidates(variant: 'auto' | Target['variant'], rejected: string[]): readonly Target[] {
  const simd: Target = { variant: 'simd', dot: 'i16' };
  if (variant === 'simd') return [simd];
  const meaning = relaxedDot();
  if (meaning) return [{ variant: 'relaxed', dot: meaning }, ...(variant === 'auto' ? [simd] : [])];
  rejected.push('relaxed: this engine has no relaxed SIMD, or an inexact one');
  return variant === 'auto' ? [simd] : [];
}

type Find = (name: KernelVariant, target: Target, shared: boolean) => Promise<WebAssembly.Module | undefined>;

/** Gives the module of a variant if it passes the self-test. Those of the package are compiled and tested once. */
function moduleFinder({ kernels }: LoadOptions, embedded: KernelProvider): Find {
  if (kernels === undefined) {
    return (name, target, shared) => {
      const known = trusted.get(name);
      if (known) return known;
      const found = embedded(name)
        .then(compileKernels)
        .then((module) => tested(module, target, shared));
      trusted.set(name, found);
      found.catch(() => trusted.delete(name));
      return found;
    };
  }
  if (isProvider(kernels)) {
    return async (name, target, shared) =>
      tested(await compileKernels(await given(kernels, name)), target, shared);
  }
  let module: Promise<WebAssembly.Module> | undefined;
  return async (_name, target, shared) => {
    module ??= compileKernels(kernels);
    return tested(await module, target, shared);
  };
}

type Provider = Extract<LoadOptions['kernels'], (variant: KernelVariant) => unknown>;

const isProvider = (kernels: LoadOptions['kernels']): kernels is Provider => typeof kernels === 'function';

async function given(kernels: Provider, name: KernelVariant): Promise<KernelSource> {
  try {
    return await kernels(name);
  } catch (cause) {
    const message = `the function given as 'kernels' failed for '${name}' (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new SpikeletError('no-engine', message, { cause });
  }
}

async function tested(
  module: WebAssembly.Module,
  target: Target,
  shared: boolean,
): Promise<WebAssembly.Module | undefined> {
  return (await answersCorrectly(module, target, shared)) ? module : undefined;
}
