import type { SpikingCostTable } from './spiking.js';

/** Fitted by `node tools/bench/spiking/run.mjs --fit` on 2026-11-23: Intel(R) Xeon(R) Processor, Node 26.10.0. */
export const spikingCosts: SpikingCostTable = {
  relaxed: {
    weights: {
      4: { dense: { step: 0.393, pixel: 0 }, events: { entry: 0.555, pixel: 4.83 } },
      8: { dense: { step: 0.393, pixel: 0 }, events: { entry: 0.5, pixel: 4.67 } },
      f32: { dense: { step: 2.27, pixel: 0 }, events: { entry: 1, pixel: 4.05 } },
    },
    words: { seen: 0.318, listed: 0.958 },
    bytes: { seen: 0.0793, listed: 2.19 },
  },
  simd: {
    weights: {
      4: { dense: { step: 0.709, pixel: 0 }, events: { entry: 0.664, pixel: 4.79 } },
      8: { dense: { step: 0.711, pixel: 0 }, events: { entry: 0.716, pixel: 5 } },
      f32: { dense: { step: 2.37, pixel: 162 }, events: { entry: 1.01, pixel: 3.99 } },
    },
    words: { seen: 0.292, listed: 1.59 },
    bytes: { seen: 0.0793, listed: 1.98 },
  },
};
