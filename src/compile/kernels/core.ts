import { denseKernels } from './dense.js';
import type { KernelRow } from './row.js';
import { tensorKernels } from './tensor.js';

/** Kernels that every model needs some of. */
export const coreKernels: readonly KernelRow[] = [...denseKernels, ...tensorKernels];
