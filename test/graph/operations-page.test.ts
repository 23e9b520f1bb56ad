import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { references } from '../../src/graph/ops/references.js';
import { type OperationName, operations } from '../../src/graph/ops/table.js';
import { operationsPage } from '../../tools/build/operations-table.js';

describe('the table of operations', () => {
  test('docs/operations.md is current (node tools/build/operations-table.mjs writes it)', async () => {
    const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    expect(page).toBe(operationsPage());
  });

  test.each(Object.keys(operations) as OperationName[])('%s is itself and has a reference', (name) => {
    expect(operations[name].op).toBe(name);
    expect(references[name]).toBeTypeOf('function');
  });
});
