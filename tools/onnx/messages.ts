import type { TypedArray } from '../../src/graph/tensor.js';
import {
  bytesField,
  encode,
  floatField,
  integerField,
  type Message,
  messageField,
  repeated,
  stringField,
} from './protobuf.js';

/** Numbers of TensorProto.DataType. */
export const elementType = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7 } as const;

export type ElementType = keyof typeof elementType;

export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TypedArray | BigInt64Array;
}

export type AttributeValue =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'integers'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string };

export interface OnnxNode {
  readonly operator: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

export interface OnnxModel {
  readonly name: string;
  readonly opset: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
}

/** AttributeProto: the payload's field and the number of its AttributeType. */
function attributeMessage(name: string, attribute: AttributeValue): Message {
  const payload = (): { readonly type: number; readonly fields: Message } => {
    switch (attribute.kind) {
      case 'float':
        return { type: 1, fields: floatField(2, attribute.value) };
      case 'integer':
        return { type: 2, fields: integerField(3, attribute.value) };
      case 'string':
        return { type: 3, fields: stringField(4, attribute.value) };
      case 'integers':
        return { type: 7, fields: repeated(attribute.value, (value) => integerField(8, value)) };
    }
  };
  const { type, fields } = payload();
  return [...stringField(1, name), ...fields, ...integerField(20, type)];
}

const nodeMessage = (node: OnnxNode): Message => [
  ...repeated(node.inputs, (name) => stringField(1, name)),
  ...repeated(node.outputs, (name) => stringField(2, name)),
  ...stringField(3, node.name),
  ...stringField(4, node.operator),
  ...repeated(Object.entries(node.attributes), ([name, value]) =>
    messageField(5, attributeMessage(name, value)),
  ),
];

const tensorMessage = ({ name, type, shape, data }: OnnxTensor): Message => [
  ...repeated(shape, (size) => integerField(1, size)),
  ...integerField(2, elementType[type]),
  ...stringField(8, name),
  ...bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
];

function valueMessage({ name, type, shape }: OnnxValue): Message {
  const dimensions = repeated(shape, (size) => messageField(1, integerField(1, size)));
  const tensorType = [...integerField(1, elementType[type]), ...messageField(2, dimensions)];
  return [...stringField(1, name), ...messageField(2, messageField(1, tensorType))];
}

/** Serialises a model as an `.onnx` file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = [
    ...repeated(model.nodes, (node) => messageField(1, nodeMessage(node))),
    ...stringField(2, model.name),
    ...repeated(model.initializers, (tensor) => messageField(5, tensorMessage(tensor))),
    ...repeated(model.inputs, (value) => messageField(11, valueMessage(value))),
    ...repeated(model.outputs, (value) => messageField(12, valueMessage(value))),
  ];
  const irVersion = 8;
  const opset = [...stringField(1, ''), ...integerField(2, model.opset)];
  return encode([
    ...integerField(1, irVersion),
    ...stringField(2, 'spikelet'),
    ...messageField(7, graph),
    ...messageField(8, opset),
  ]);
}
