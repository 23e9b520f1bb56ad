export { spikingKernels as kernels } from '../../kernels/spiking.js';
export { emitReal } from './dense.js';
export { lowerLif, lowerThreshold } from './lif.js';
export { lowerDelay, lowerIntegrate } from './over-time.js';
