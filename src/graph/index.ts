export { type ErrorCode, SpikeletError } from '../error.js';
export * from './builder.js';
export {
  bitPair,
  type Energy,
  type EnergyPair,
  energyOf,
  energyPairs,
  type SynapticLayer,
  synapticOperations,
} from './energy.js';
export type { Executor, Runnable } from './executor.js';
export { formatGraph } from './format.js';
export type {
  ClassesMeaning,
  Graph,
  GraphInput,
  GraphOutput,
  ImageMeaning,
  Meaning,
  Provenance,
} from './graph.js';
export { type InterpretOptions, interpret, referenceExecutor } from './interpret.js';
export type { Cost, InputType, Operation } from './operation.js';
export {
  isOperationName,
  isUnary,
  type Node,
  type NodeFor,
  type OperationName,
  operations,
  type UnaryNode,
} from './ops/table.js';
export { type TimeFlow, timeFlow, withSteps } from './steps.js';
export {
  type Constant,
  type DataType,
  elementCount,
  formatShape,
  formatType,
  type Quantization,
  type Tensor,
  type TensorType,
  type TypedArray,
  type WeightBits,
  type WeightQuantization,
} from './tensor.js';
export { inferTypes, nodeCost } from './types.js';
export { validateGraph } from './validate.js';
