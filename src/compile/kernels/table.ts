import { denseKernels } from './dense.js';
import type { KernelRow } from './row.js';
import { sparseKernels } from './sparse.js';
import { spikingKernels } from './spiking.js';
import { tensorKernels } from './tensor.js';

/** Kernels by family: each is a WebAssembly module of its own. Every model needs the core, a few need others. */
export const families = {
  core: [...denseKernels, ...tensorKernels],
  sparse: sparseKernels,
  spiking: spikingKernels,
} as const satisfies Readonly<Record<string, readonly KernelRow[]>>;

export type KernelFamily = keyof typeof families;

/** A family that is loaded only where a plan calls its kernels. */
export type ExtraFamily = Exclude<KernelFamily, 'core'>;

const familyNames = Object.keys(families) as readonly KernelFamily[];

/** Every kernel of every family. */
export const kernels: readonly KernelRow[] = familyNames.flatMap(
  (family): readonly KernelRow[] => families[family],
);

/** The families besides the core that a plan's calls belong to. */
export function extraFamilies(calls: readonly { readonly kernel: string }[]): readonly ExtraFamily[] {
  const called = new Set(calls.map(({ kernel }) => kernel));
  return familyNames.filter(
    (family): family is ExtraFamily =>
      family !== 'core' && families[family].some(({ name }) => called.has(name)),
  );
}
