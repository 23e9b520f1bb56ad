import { binaryReference } from '../elementwise.js';
import type { Reference } from '../operation.js';
import { reductionReference } from '../reduction.js';
import { unaryReference } from '../unary.js';
import { addMeaning } from './add.js';
import { attentionReference } from './attention.js';
import { averagePoolReference } from './averagePool.js';
import { batchNormReference } from './batchNorm.js';
import { concatReference } from './concat.js';
import { convReference } from './conv.js';
import { delayReference } from './delay.js';
import { dequantizeReference } from './dequantize.js';
import { divideMeaning } from './divide.js';
import { gatherReference } from './gather.js';
import { globalAveragePoolReference } from './globalAveragePool.js';
import { integrateReference } from './integrate.js';
import { layerNormReference } from './layerNorm.js';
import { lifReference } from './lif.js';
import { linearReference } from './linear.js';
import { logSoftmaxReference } from './logSoftmax.js';
import { matmulReference } from './matmul.js';
import { maximumMeaning } from './maximum.js';
import { maxPoolReference } from './maxPool.js';
import { minimumMeaning } from './minimum.js';
import { multiplyMeaning } from './multiply.js';
import { padReference } from './pad.js';
import { powerMeaning } from './power.js';
import { quantizeReference } from './quantize.js';
import { reduceMaxMeaning } from './reduceMax.js';
import { reduceMeanMeaning } from './reduceMean.js';
import { reduceMinMeaning } from './reduceMin.js';
import { reduceSumMeaning } from './reduceSum.js';
import { reshapeReference } from './reshape.js';
import { resizeReference } from './resize.js';
import { sliceReference } from './slice.js';
import { softmaxReference } from './softmax.js';
import { subtractMeaning } from './subtract.js';
import { sumPoolReference } from './sumPool.js';
import { type NodeFor, type OperationName, unaryOperations } from './table.js';
import { thresholdReference } from './threshold.js';
import { transposeReference } from './transpose.js';

type ReferenceTable = { readonly [Op in OperationName]: Reference<NodeFor<Op>> };

/** The plain reference of every operation: for tests and tools, never in the runtime. */
export const references: ReferenceTable = {
  abs: unaryReference(unaryOperations.abs),
  add: binaryReference(addMeaning),
  attention: attentionReference,
  averagePool: averagePoolReference,
  batchNorm: batchNormReference,
  clip: unaryReference(unaryOperations.clip),
  concat: concatReference,
  conv: convReference,
  delay: delayReference,
  dequantize: dequantizeReference,
  divide: binaryReference(divideMeaning),
  erf: unaryReference(unaryOperations.erf),
  exp: unaryReference(unaryOperations.exp),
  gather: gatherReference,
  gelu: unaryReference(unaryOperations.gelu),
  globalAveragePool: globalAveragePoolReference,
  hardSigmoid: unaryReference(unaryOperations.hardSigmoid),
  hardSwish: unaryReference(unaryOperations.hardSwish),
  integrate: integrateReference,
  layerNorm: layerNormReference,
  leakyRelu: unaryReference(unaryOperations.leakyRelu),
  lif: lifReference,
  linear: linearReference,
  log: unaryReference(unaryOperations.log),
  logSoftmax: logSoftmaxReference,
  matmul: matmulReference,
  maxPool: maxPoolReference,
  maximum: binaryReference(maximumMeaning),
  minimum: binaryReference(minimumMeaning),
  multiply: binaryReference(multiplyMeaning),
  negate: unaryReference(unaryOperations.negate),
  pad: padReference,
  power: binaryReference(powerMeaning),
  quantize: quantizeReference,
  reduceMax: reductionReference(reduceMaxMeaning),
  reduceMean: reductionReference(reduceMeanMeaning),
  reduceMin: reductionReference(reduceMinMeaning),
  reduceSum: reductionReference(reduceSumMeaning),
  relu: unaryReference(unaryOperations.relu),
  requantize: unaryReference(unaryOperations.requantize),
  reshape: reshapeReference,
  resize: resizeReference,
  sigmoid: unaryReference(unaryOperations.sigmoid),
  silu: unaryReference(unaryOperations.silu),
  slice: sliceReference,
  softmax: softmaxReference,
  sqrt: unaryReference(unaryOperations.sqrt),
  subtract: binaryReference(subtractMeaning),
  sumPool: sumPoolReference,
  tanh: unaryReference(unaryOperations.tanh),
  threshold: thresholdReference,
  transpose: transposeReference,
};
