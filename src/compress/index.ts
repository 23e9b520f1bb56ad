export { fold } from './fold/fold.js';
export type { QuantizeOptions, QuantizeProgress, Rounding } from './quantize/options.js';
export { quantize } from './quantize/quantize.js';
export type { Calibration } from './quantize/range.js';
export type { Sample, Samples } from './quantize/samples.js';
