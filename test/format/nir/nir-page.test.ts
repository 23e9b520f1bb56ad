import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nirPage } from '../../../tools/build/nir-page.js';

test('docs/nir.md is what the table of nodes says (node tools/build/nir-page.mjs)', () => {
  expect(readFileSync(new URL('../../../docs/nir.md', import.meta.url), 'utf8')).toBe(nirPage());
});
