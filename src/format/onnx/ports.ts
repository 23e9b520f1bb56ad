import type { Quantization, TensorType } from '../../graph/tensor.js';
import type { Draft } from './draft.js';
import { elementName, hostTypeOf } from './host-tensor.js';
import type { OnnxNode, OnnxPort } from './model.js';
import { quantizedType, type Scope } from './scope.js';
import { rejectOperator } from './unsupported.js';
import type { Value } from './values.js';

/** Operators that pass the integers of their input on. */
const passing = new Set([
  'Concat',
  'Flatten',
  'Gather',
  'Identity',
  'MaxPool',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

const greatestLook = 8;

/** Scale and zero point that the reader of an integer input gives it. */
function readersQuantization(scope: Scope, reader: OnnxNode, name: string): Quantization | undefined {
  if (reader.operator === 'Cast') return { scale: 1, zeroPoint: 0 };
  if (
    reader.operator !== 'DequantizeLinear' &&
    !reader.operator.startsWith('QLinear') &&
    reader.operator !== 'QGemm'
  ) {
    return undefined;
  }
  const index = reader.inputs.indexOf(name);
  const scale = scope.host(reader.inputs[index + 1]);
  return scale && quantizedType(scale, scope.host(reader.inputs[index + 2]), false).quantization;
}

/** What the integers of an input mean, found where they are first used. */
function inputQuantization(scope: Scope, name: string, look = 0): Quantization | undefined {
  if (look > greatestLook) return undefined;
  for (const reader of scope.consumers(name)) {
    const own = readersQuantization(scope, reader, name);
    if (own) return own;
    const next = reader.outputs[0];
    const passed =
      next && passing.has(reader.operator) ? inputQuantization(scope, next, look + 1) : undefined;
    if (passed) return passed;
  }
  return undefined;
}

/**
 * Type of a graph input. Floats of any width become f32, and so do int32 and int64: the numbers of tokens are exact in
 * it. uint8 keeps the quantization that its readers give it.
 */
export function inputType(
  scope: Scope,
  { name, elementType }: OnnxPort,
  shape: readonly number[],
): TensorType {
  switch (hostTypeOf(elementType)) {
    case 'f32':
    case 'i32':
    case 'i64':
      return { dtype: 'f32', shape };
    case 'u8': {
      const quantization =
        inputQuantization(scope, name) ?? rejectOperator('is uint8, but nothing gives it a scale');
      return { dtype: 'u8', shape, quantization };
    }
    default:
      return rejectOperator(`is ${elementName(elementType)}: inputs must be float, int32, int64 or uint8`);
  }
}

/** Name in the graph of the value that a model output is. */
function outputSource(draft: Draft, name: string, value: Value): string {
  if (value.kind === 'graph' && value.type.dtype === 'u8') {
    if (value.signed)
      rejectOperator('is int8: end the model with DequantizeLinear, or quantize activations to uint8');
    return value.name;
  }
  if (value.kind === 'host' && value.tensor.type !== 'f32') {
    rejectOperator(`is a constant of ${value.tensor.type}: remove it from the outputs`);
  }
  return draft.float(value, name).name;
}

/** Gives a value the name of a model output. Copies what already has a name: an input, a constant, another output. */
export function nameOutput(draft: Draft, renamed: Map<string, string>, name: string, value: Value): void {
  const source = outputSource(draft, name, value);
  if (source === name) return;
  const isComputed =
    !draft.constants.has(source) && draft.nodes.some((node) => node.outputs.includes(source));
  if (isComputed && !renamed.has(source)) {
    renamed.set(source, name);
    return;
  }
  const type = draft.types.get(source) ?? draft.constants.get(source);
  const copy = draft.emit('reshape', { node: `${name}.copy`, output: `${name}.copy` }, [source], {
    shape: type?.shape ?? [],
  });
  renamed.set(copy.name, name);
}
