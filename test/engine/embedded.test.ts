import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { embeddedKernels } from '../../src/engine/kernels/embedded.js';

it.each([
  'simd',
  'relaxed',
  'simd-shared',
  'relaxed-shared',
] as const)('the text of the %s kernels decodes to the module that was built', async (variant) => {
  const built = readFileSync(new URL(`../../build/kernels/${variant}.wasm`, import.meta.url));
  expect(Buffer.from(await embeddedKernels(variant)).equals(built)).toBe(true);
});
