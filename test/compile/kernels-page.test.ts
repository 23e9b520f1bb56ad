import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { kernelsPage } from '../../tools/build/kernels-page.js';

const here = (path: string): URL => new URL(path, import.meta.url);

test('docs/kernels.md is current (node tools/build/kernels-page.mjs writes it)', async () => {
  const page = await readFile(here('../../docs/kernels.md'), 'utf8');
  expect(page).toBe(kernelsPage(fileURLToPath(here('../../assembly'))));
});
