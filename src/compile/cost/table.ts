import type { CostTable } from './model.js';

/** Fitted by `node tools/bench/sparse/run.mjs --fit` on 2026-11-23: Intel(R) Xeon(R) Processor, Node 26.10.0. */
export const costs: CostTable = {
  relaxed: {
    dense: { 2: 0.0106, 4: 0.0106, 8: 0.0106, output: 0.619, stage: 0.0282, call: 640 },
    irregular: { wide: 4.18, narrow: 2.03, pass: 13 },
    grouped: { wide: 1.96, narrow: 1.05, pass: 15.1 },
    gathered: { word: 0.31, channel: 3.65, call: 64.8 },
    planes: { stage: 0.105, groupStage: 0.0747, call: 107, unstage: 0.0764, add: 0.526 },
  },
  simd: {
    dense: { 2: 0.0353, 4: 0.0322, 8: 0.0307, output: 0.706, stage: 0.0716, call: 1060 },
    irregular: { wide: 0, narrow: 4.02, pass: 10 },
    grouped: { wide: 0, narrow: 3.05, pass: 10.7 },
    gathered: { word: 0.427, channel: 3.99, call: 52.2 },
    planes: { stage: 0.0986, groupStage: 0.0708, call: 145, unstage: 0.0741, add: 0.495 },
  },
};
