import type { KernelFamily } from '../families.js';
import { attentionKernels } from './attention.js';
import { coreKernels } from './core.js';
import type { KernelRow } from './row.js';
import { sparseKernels } from './sparse.js';
import { spikingKernels } from './spiking.js';

/** Kernels by family: each is a WebAssembly module of its own. Models load the core, and others where they need them. */
export const families: Readonly<Record<KernelFamily, readonly KernelRow[]>> = {
  core: coreKernels,
  sparse: sparseKernels,
  spiking: spikingKernels,
  attention: attentionKernels,
};

/** Every kernel of every family. */
export const kernels: readonly KernelRow[] = Object.values(families).flat();
