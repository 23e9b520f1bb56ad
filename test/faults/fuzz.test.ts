import { describe, expect, test } from 'vitest';
import { fromOnnx } from '../../src/format/onnx/index.js';
import { load } from '../../src/index.js';
import { encodeOnnx } from '../format/onnx/onnx-writer.js';
import { fuzz } from './fuzz.js';
import { onnxModels } from './onnx-corpus.js';
import { loadTarget, onnxTarget, type Target, unpackTarget } from './targets.js';

/** `FUZZ_SEED=<seed>` repeats a run; `node tools/test/fuzz.mjs` runs longer. */
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Growth of the process while it reads damaged files, at most. */
const memoryLimit = 512 * 2 ** 20;

const targets: readonly (readonly [target: Target, cases: number])[] = [
  [unpackTarget, 3000],
  [onnxTarget, 3000],
  [loadTarget(load), 150],
];

describe(`damaged files (seed ${seed})`, () => {
  test('the ONNX models that are damaged can be imported when they are whole', () => {
    for (const model of onnxModels) expect(fromOnnx(encodeOnnx(model)).nodes.length).toBeGreaterThan(5);
  });

  test.each(targets.map(([target, cases]) => [target.name, target, cases] as const))(
    '%s refuses them with a SpikeletError, in bounded time and memory',
    async (_name, target, cases) => {
      const before = process.resourceUsage().maxRSS * 1024;
      const report = await fuzz(target, seed, (done) => done >= cases);
      expect(report.cases).toBe(cases);
      expect(report.refused.get('invalid-model')).toBeGreaterThan(cases / 4);
      expect(report.accepted).toBeGreaterThan(cases / 100);
      expect(process.resourceUsage().maxRSS * 1024 - before).toBeLessThan(memoryLimit);
    },
    120_000,
  );
});
