import type { CostTable } from './model.js';

/** Fitted by `node tools/bench/sparse/run.mjs --fit` on 2026-11-23: Intel(R) Xeon(R) Processor, Node 26.10.0. */
export const costs: CostTable = {
  relaxed: {
    dense: { 2: 0.0108, 4: 0.0113, 8: 0.012, output: 0.618, stage: 0.0342, call: 1940 },
    irregular: { wide: 3.72, narrow: 2.17, pass: 17.4 },
    grouped: { wide: 2.05, narrow: 1.1, pass: 14.2 },
    planes: { stage: 0.105, groupStage: 0.0754, call: 134, unstage: 0.0751, add: 0.536 },
  },
  simd: {
    dense: { 2: 0.0353, 4: 0.0324, 8: 0.0303, output: 0.679, stage: 0.0713, call: 1380 },
    irregular: { wide: 0, narrow: 4.1, pass: 10 },
    grouped: { wide: 0, narrow: 3.01, pass: 10.2 },
    planes: { stage: 0.0994, groupStage: 0.0698, call: 157, unstage: 0.0743, add: 0.501 },
  },
};
