import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { folds } from '../../../src/format/onnx/fold.js';
import { operators } from '../../../src/format/onnx/operators/table.js';

const folder = new URL('./', import.meta.url);

/** Texts of the tests that compare with onnxruntime. */
const comparisons = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .filter((text) => text.includes('compareCases') || text.includes('expectSameAsOnnxruntime'))
  .join('\n');

const claimed = [...Object.values(operators).flatMap((table) => Object.keys(table)), ...Object.keys(folds)];

test.each(
  [...new Set(claimed)].sort(),
)('%s is imported somewhere in a comparison with onnxruntime', (operator) => {
  expect(comparisons).toMatch(new RegExp(`['"]${operator}['"]`));
});
