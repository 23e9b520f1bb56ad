// Families of kernels, each a module of its own that is loaded where a plan needs it: name -> entry in assembly/.
export const families = {
  core: 'core.ts',
  sparse: 'sparse/index.ts',
  spiking: 'spiking/index.ts',
  attention: 'attention/index.ts',
};

export const variants = ['simd', 'relaxed', 'simd-shared', 'relaxed-shared'];

/** Names of all modules. */
export const modules = Object.keys(families).flatMap((family) =>
  variants.map((variant) => `${family}-${variant}`),
);
