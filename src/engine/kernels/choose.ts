import { type ExtraFamily, type KernelFamily, loadLowerings } from '../../compile/families.js';
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
  /** The core, then the families that a plan needs besides. */
  readonly modules: readonly WebAssembly.Module[];
  readonly threads: ThreadChoice;
  /** Faster variants that were not taken, and why. */
  readonly rejected: readonly string[];
}

/** Facts about this JavaScript engine and this package that cannot change while the page or process lives. */
let dot: { readonly meaning: Exclude<Target['dot'], 'i16'> | undefined } | undefined;
const trusted = new Map<string, Promise<WebAssembly.Module | undefined>>();

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
      const module = await find('core', { target, threads, modules: [] });
      if (module) return { target, modules: [module], threads, rejected };
      rejected.push(`${variantOf({ target, threads })}: gives wrong results in the self-test`);
    }
  }
  throw new SpikeletError('no-engine', `no kernels can be used here (${rejected.join('; ')})`);
}

/** A module that is given may be one without shared memory. */
function threadChoices({ threads = 1, kernels }: LoadOptions): readonly ThreadChoice[] {
  const wanted = chooseThreads(threads);
  if (wanted.used === 1 || !isOneModule(kernels)) return [wanted];
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

const variantOf = ({ target, threads }: Pick<Kernels, 'target' | 'threads'>): KernelVariant =>
  threads.used > 1 ? `${target.variant}-shared` : target.variant;

/** Gives the module of a family that is not the core, for kernels that are chosen. */
export type FamilyLoader = (family: ExtraFamily, kernels: Kernels) => Promise<WebAssembly.Module>;

/**
 * Where the kernels come from that few models need. The loader rejects with `no-engine` where they fail their
 * self-test, or where the one module that was given lacks them.
 */
export function familyLoader(options: LoadOptions, embedded: KernelProvider): FamilyLoader {
  const find = moduleFinder(options, embedded);
  return async (family, kernels) => {
    if (isOneModule(options.kernels) && !(await hasKernels(kernels.modules, family))) {
      const message = `the module given as 'kernels' lacks the '${family}' family: give a function of variant and family`;
      throw new SpikeletError('no-engine', message, { where: 'kernels' });
    }
    const module = await find(family, kernels);
    if (module) return module;
    const message = `the '${family}' kernels for ${variantOf(kernels)} give wrong results in the self-test`;
    const remedy = kernels.target.variant === 'relaxed' ? ": load with variant: 'simd'" : '';
    throw new SpikeletError('no-engine', message + remedy, { where: 'kernels' });
  };
}

async function hasKernels(modules: readonly WebAssembly.Module[], family: ExtraFamily): Promise<boolean> {
  const wanted = (await loadLowerings([family]))[family]?.kernels ?? [];
  const names = new Set(
    modules.flatMap((module) => WebAssembly.Module.exports(module)).map(({ name }) => name),
  );
  return wanted.every(({ name }) => names.has(name));
}

/** Gives the module of a family if it passes its self-test together with the `modules` that are chosen before. */
type Find = (
  family: KernelFamily,
  kernels: Omit<Kernels, 'rejected'>,
) => Promise<WebAssembly.Module | undefined>;

/** Modules of the package are compiled and tested once. */
function moduleFinder({ kernels: source }: LoadOptions, embedded: KernelProvider): Find {
  if (source === undefined) {
    return (family, kernels) => {
      const variant = variantOf(kernels);
      const key = `${family}-${variant}`;
      const known = trusted.get(key);
      if (known) return known;
      const found = embedded(variant, family)
        .then(compileKernels)
        .then((module) => tested(module, family, kernels));
      trusted.set(key, found);
      found.catch(() => trusted.delete(key));
      return found;
    };
  }
  if (!isOneModule(source)) {
    return async (family, kernels) =>
      tested(await compileKernels(await given(source, variantOf(kernels), family)), family, kernels);
  }
  let module: Promise<WebAssembly.Module> | undefined;
  return async (family, kernels) => {
    const [core] = kernels.modules;
    if (core) return tested(core, family, kernels);
    module ??= compileKernels(source);
    return tested(await module, family, kernels);
  };
}

type Provider = Extract<LoadOptions['kernels'], (...names: never[]) => unknown>;

const isOneModule = (kernels: LoadOptions['kernels']): kernels is KernelSource =>
  kernels !== undefined && typeof kernels !== 'function';

async function given(kernels: Provider, variant: KernelVariant, family: KernelFamily): Promise<KernelSource> {
  try {
    return await kernels(variant, family);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the function given as 'kernels' failed for '${variant}', '${family}' (${reason})`;
    throw new SpikeletError('no-engine', message, { cause });
  }
}

async function tested(
  module: WebAssembly.Module,
  family: KernelFamily,
  { target, threads, modules }: Omit<Kernels, 'rejected'>,
): Promise<WebAssembly.Module | undefined> {
  const isRight = await answersCorrectly([...modules, module], family, target, threads.used > 1);
  return isRight ? module : undefined;
}
