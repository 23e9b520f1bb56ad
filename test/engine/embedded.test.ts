import { describe, expect, it } from 'vitest';
import type { KernelFamily } from '../../src/compile/families.js';
import { families } from '../../src/compile/kernels/table.js';
import { embeddedKernels } from '../../src/engine/kernels/embedded.js';
import { builtModule } from '../kernels/built.js';

describe.each(Object.keys(families) as KernelFamily[])('the %s kernels', (family) => {
  it.each([
    'simd',
    'relaxed',
    'simd-shared',
    'relaxed-shared',
  ] as const)('for %s, as text, decode to the module that was built', async (variant) => {
    const built = builtModule(family, variant);
    expect(Buffer.from(await embeddedKernels(variant, family)).equals(built)).toBe(true);
  });
});
