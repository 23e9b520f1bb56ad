import type { KernelRow } from './row.js';

/** Kernels of assembly/tensor: pooling, elementwise, normalisation, layout. */
export const tensorKernels: readonly KernelRow[] = [];
