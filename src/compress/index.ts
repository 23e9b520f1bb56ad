export { allocateBits } from './bits/allocate.js';
export type {
  AllocateOptions,
  Allocation,
  Budget,
  LayerAllocation,
  StoredBytes,
  TimeTable,
} from './bits/options.js';
export { fold } from './fold/fold.js';
export type { PruneOptions, PrunePattern, PruneScope } from './prune/options.js';
export { prune } from './prune/prune.js';
export type { QuantizeOptions, QuantizeProgress, Rounding } from './quantize/options.js';
export { quantize } from './quantize/quantize.js';
export type { Calibration } from './quantize/range.js';
export type { Sample, Samples } from './quantize/samples.js';
export { toSpiking } from './spiking/convert.js';
export type { SpikingOptions } from './spiking/options.js';
