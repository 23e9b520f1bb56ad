import { abs } from '../../graph/ops/abs.js';
import { clip } from '../../graph/ops/clip.js';
import { erf } from '../../graph/ops/erf.js';
import { exp } from '../../graph/ops/exp.js';
import { gelu } from '../../graph/ops/gelu.js';
import { hardSigmoid } from '../../graph/ops/hardSigmoid.js';
import { hardSwish } from '../../graph/ops/hardSwish.js';
import { leakyRelu } from '../../graph/ops/leakyRelu.js';
import { log } from '../../graph/ops/log.js';
import { negate } from '../../graph/ops/negate.js';
import { relu } from '../../graph/ops/relu.js';
import { sigmoid } from '../../graph/ops/sigmoid.js';
import { silu } from '../../graph/ops/silu.js';
import { sqrt } from '../../graph/ops/sqrt.js';
import type { NodeFor, OperationName } from '../../graph/ops/table.js';
import { tanh } from '../../graph/ops/tanh.js';
import type { FusedNode } from '../fuse.js';
import { lowerBatchNorm } from './batch-norm.js';
import { lowerBinary } from './binary.js';
import { attentionLowerings, type Context, type Lowering, spikingLowerings } from './context.js';
import { lowerConv } from './conv.js';
import { lowerLinear } from './linear.js';
import { lowerConcat, lowerReshape, lowerSlice, lowerTranspose } from './movement.js';
import { lowerAveragePool, lowerGlobalAveragePool, lowerMaxPool, lowerSumPool } from './pool.js';
import { lowerDequantize, lowerQuantize, lowerRequantize } from './quantize.js';
import { lowerReduce } from './reduce.js';
import { lowerPad, lowerResize } from './remap.js';
import { lowerSoftmax } from './softmax.js';
import { lowerUnary } from './unary.js';

type LoweringTable = { readonly [Op in OperationName]: Lowering<NodeFor<Op>> };

/** How every operation becomes kernel calls. */
const lowerings: LoweringTable = {
  abs: lowerUnary(abs, () => ({ kernel: 'f32_abs' })),
  add: lowerBinary('add'),
  attention: (context, fused) => attentionLowerings(context).lowerAttention(context, fused),
  averagePool: lowerAveragePool,
  batchNorm: lowerBatchNorm,
  clip: lowerUnary(clip, ({ attributes: { minimum, maximum } }) => ({
    kernel: 'f32_clip',
    alpha: minimum ?? Number.NEGATIVE_INFINITY,
    beta: maximum ?? Number.POSITIVE_INFINITY,
  })),
  concat: lowerConcat,
  conv: lowerConv,
  delay: (context, fused) => spikingLowerings(context).lowerDelay(context, fused),
  dequantize: lowerDequantize,
  divide: lowerBinary('div'),
  erf: lowerUnary(erf, () => ({ kernel: 'f32_erf' })),
  exp: lowerUnary(exp, () => ({ kernel: 'f32_exp' })),
  gather: (context, fused) => attentionLowerings(context).lowerGather(context, fused),
  gelu: lowerUnary(gelu, ({ attributes }) => ({
    kernel: attributes.approximate === 'tanh' ? 'f32_gelu_tanh' : 'f32_gelu',
  })),
  globalAveragePool: lowerGlobalAveragePool,
  hardSigmoid: lowerUnary(hardSigmoid, ({ attributes }) => ({ kernel: 'f32_hard_sigmoid', ...attributes })),
  hardSwish: lowerUnary(hardSwish, () => ({ kernel: 'f32_hard_swish' })),
  integrate: (context, fused) => spikingLowerings(context).lowerIntegrate(context, fused),
  layerNorm: (context, fused) => attentionLowerings(context).lowerLayerNorm(context, fused),
  leakyRelu: lowerUnary(leakyRelu, ({ attributes }) => ({
    kernel: 'f32_leaky_relu',
    alpha: attributes.slope,
  })),
  lif: (context, fused) => spikingLowerings(context).lowerLif(context, fused),
  linear: lowerLinear,
  log: lowerUnary(log, () => ({ kernel: 'f32_log' })),
  logSoftmax: lowerSoftmax('f32_log_softmax', (node) => node.attributes.axis),
  matmul: (context, fused) => attentionLowerings(context).lowerMatmul(context, fused),
  maxPool: lowerMaxPool,
  maximum: lowerBinary('max'),
  minimum: lowerBinary('min'),
  multiply: lowerBinary('mul'),
  negate: lowerUnary(negate, () => ({ kernel: 'f32_neg' })),
  pad: lowerPad,
  power: lowerBinary('pow'),
  quantize: lowerQuantize,
  reduceMax: lowerReduce('max', (node) => node.attributes.axes),
  reduceMean: lowerReduce('mean', (node) => node.attributes.axes),
  reduceMin: lowerReduce('min', (node) => node.attributes.axes),
  reduceSum: lowerReduce('sum', (node) => node.attributes.axes),
  relu: lowerUnary(relu, () => ({ kernel: 'f32_clip', alpha: 0, beta: Number.POSITIVE_INFINITY })),
  requantize: lowerRequantize,
  reshape: lowerReshape,
  resize: lowerResize,
  sigmoid: lowerUnary(sigmoid, () => ({ kernel: 'f32_sigmoid' })),
  silu: lowerUnary(silu, () => ({ kernel: 'f32_silu', alpha: 1 })),
  slice: lowerSlice,
  softmax: lowerSoftmax('f32_softmax', (node) => node.attributes.axis),
  sqrt: lowerUnary(sqrt, () => ({ kernel: 'f32_sqrt' })),
  subtract: lowerBinary('sub'),
  sumPool: lowerSumPool,
  tanh: lowerUnary(tanh, () => ({ kernel: 'f32_tanh' })),
  threshold: (context, fused) => spikingLowerings(context).lowerThreshold(context, fused),
  transpose: lowerTranspose,
};

/**
 * Emits the calls of one fused node. The table ties every operation to its own node type, which the type checker
 * cannot follow through an index: this is the one place that says so.
 */
export function lower(context: Context, fused: FusedNode): void {
  (lowerings[fused.node.op] as Lowering)(context, fused);
}
