export { attentionKernels as kernels } from '../../kernels/attention.js';
export { lowerAttention } from './attention.js';
export { lowerGather } from './gather.js';
export { lowerLayerNorm } from './layer-norm.js';
export { lowerMatmul } from './matmul.js';
