import { denseKernels } from './dense.js';
import type { KernelRow } from './row.js';
import { sparseKernels } from './sparse.js';
import { tensorKernels } from './tensor.js';

/** Every kernel that the built modules export. */
export const kernels: readonly KernelRow[] = [...denseKernels, ...sparseKernels, ...tensorKernels];
