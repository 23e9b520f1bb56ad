import { SpikeletError } from '../../src/error.js';
import { constantType, type Graph } from '../../src/graph/graph.js';
import type { Node } from '../../src/graph/ops/table.js';
import type { Constant, Quantization, TensorType } from '../../src/graph/tensor.js';
import { inferTypes } from '../../src/graph/types.js';
import { encodeModel, type OnnxModel, type OnnxNode, type OnnxTensor, type OnnxValue } from './messages.js';
import { operatorOf } from './operators.js';

const usualOpset = 13;

/** The first with LayerNormalization. */
const layerNormOpset = 17;

/** Everything that is known of a graph while it is written. */
interface Draft {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly initializers: Map<string, OnnxTensor>;
  readonly nodes: OnnxNode[];
}

/**
 * A graph as an `.onnx` file of opset 13, or of 17 where it normalizes layers. Integer parts become QuantizeLinear / DequantizeLinear pairs around
 * every operator, with uint8 activations and int8 weights per channel, which is the form that onnxruntime turns
 * into its integer operators.
 *
 * @throws SpikeletError `unsupported` for an operation that has no ONNX form here.
 */
export const toOnnx = (graph: Graph): Uint8Array => encodeModel(toOnnxModel(graph));

/** The same before it is serialised. */
export function toOnnxModel(graph: Graph): OnnxModel {
  const draft: Draft = { graph, types: inferTypes(graph), initializers: new Map(), nodes: [] };
  for (const node of graph.nodes) writeNode(draft, node);
  const port = (name: string): OnnxValue => {
    const { dtype, shape } = typeOf(draft, name);
    return { name, type: dtype, shape };
  };
  return {
    name: graph.name,
    opset: graph.nodes.some(({ op }) => op === 'layerNorm') ? layerNormOpset : usualOpset,
    inputs: graph.inputs.map((input) => port(input.name)),
    outputs: graph.outputs.map((output) => port(output.name)),
    initializers: [...draft.initializers.values()],
    nodes: draft.nodes,
  };
}

function typeOf(draft: Draft, name: string): TensorType {
  const constant = draft.graph.constants.get(name);
  const type = constant ? constantType(constant) : draft.types.get(name);
  if (!type)
    throw new SpikeletError('invalid-model', 'is not computed by any node', { where: `value '${name}'` });
  return type;
}

function quantizationOf(draft: Draft, name: string): Quantization {
  const { quantization } = typeOf(draft, name);
  if (!quantization)
    throw new SpikeletError('invalid-model', 'has no quantization', { where: `value '${name}'` });
  return quantization;
}

function initializer(draft: Draft, tensor: OnnxTensor): string {
  draft.initializers.set(tensor.name, tensor);
  return tensor.name;
}

function plainConstant(draft: Draft, name: string, constant: Constant): string {
  const { dtype: type, shape, data } = constant;
  return initializer(draft, { name, type, shape, data });
}

/** Scale and zero point of a u8 value as initializers. */
function activationScale(draft: Draft, value: string): readonly [scale: string, zeroPoint: string] {
  const { scale, zeroPoint } = quantizationOf(draft, value);
  return [
    initializer(draft, { name: `${value}.scale`, type: 'f32', shape: [], data: Float32Array.of(scale) }),
    initializer(draft, { name: `${value}.zeroPoint`, type: 'u8', shape: [], data: Uint8Array.of(zeroPoint) }),
  ];
}

function dequantize(
  draft: Draft,
  node: Node,
  value: string,
  scale: readonly [scale: string, zeroPoint: string],
  perChannel: boolean,
): string {
  const real = `${value}.real.${node.name}`;
  draft.nodes.push({
    operator: 'DequantizeLinear',
    name: `${real}.dequantize`,
    inputs: [value, ...scale],
    outputs: [real],
    attributes: perChannel ? { axis: { kind: 'integer', value: 0 } } : {},
  });
  return real;
}

function quantize(draft: Draft, real: string, value: string): void {
  draft.nodes.push({
    operator: 'QuantizeLinear',
    name: `${value}.quantize`,
    inputs: [real, ...activationScale(draft, value)],
    outputs: [value],
    attributes: {},
  });
}

/** Scales and zero points, one a channel, of an integer weight or of a bias in accumulator units. */
function channelScale(
  draft: Draft,
  name: string,
  type: 'i8' | 'i32',
  scales: Float32Array,
): readonly [string, string] {
  const shape = [scales.length];
  const zeros = type === 'i8' ? new Int8Array(scales.length) : new Int32Array(scales.length);
  return [
    initializer(draft, { name: `${name}.scale`, type: 'f32', shape, data: scales }),
    initializer(draft, { name: `${name}.zeroPoint`, type, shape, data: zeros }),
  ];
}

/** Name of an integer constant's real values, after a DequantizeLinear. */
function realConstant(draft: Draft, node: Node, name: string, constant: Constant): string {
  plainConstant(draft, name, constant);
  if (constant.dtype === 'i8' && constant.quantization) {
    const scale = channelScale(draft, name, 'i8', constant.quantization.scales);
    return dequantize(draft, node, name, scale, true);
  }
  const [x = '', weight = ''] = node.inputs;
  const scales = draft.graph.constants.get(weight)?.quantization?.scales;
  if (constant.dtype === 'i32' && scales) {
    const accumulator = scales.map((scale) => scale * quantizationOf(draft, x).scale);
    return dequantize(draft, node, name, channelScale(draft, name, 'i32', accumulator), true);
  }
  throw new SpikeletError(
    'unsupported',
    `a ${constant.dtype} constant of '${node.op}' cannot be written as ONNX`,
    {
      where: `constant '${name}'`,
    },
  );
}

/** Name of an input's real numbers. */
function realInput(draft: Draft, node: Node, name: string): string {
  if (name === '') return '';
  const constant = draft.graph.constants.get(name);
  if (constant?.dtype === 'f32') return plainConstant(draft, name, constant);
  if (constant) return realConstant(draft, node, name, constant);
  if (typeOf(draft, name).dtype !== 'u8') return name;
  return dequantize(draft, node, name, activationScale(draft, name), false);
}

function writeNode(draft: Draft, node: Node): void {
  const [output = ''] = node.outputs;
  const outputType = typeOf(draft, output);
  const inputs = node.inputs.map((name) => realInput(draft, node, name));
  const result = outputType.dtype === 'u8' ? `${output}.real` : output;
  const {
    operator,
    inputs: operands,
    attributes = {},
  } = operatorOf(node, inputs, {
    inputTypes: node.inputs.map((name) => (name === '' ? undefined : typeOf(draft, name))),
    outputType,
    integers: (role, values) =>
      initializer(draft, {
        name: `${node.name}.${role}`,
        type: 'i64',
        shape: [values.length],
        data: BigInt64Array.from(values, BigInt),
      }),
    scalar: (role, value) =>
      initializer(draft, {
        name: `${node.name}.${role}`,
        type: 'f32',
        shape: [],
        data: Float32Array.of(value),
      }),
  });
  draft.nodes.push({ operator, name: node.name, inputs: operands, outputs: [result], attributes });
  if (result !== output) quantize(draft, result, output);
}
