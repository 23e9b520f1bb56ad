import {
  bytesField,
  encode,
  floatField,
  integerField,
  type Message,
  messageField,
  repeated,
  stringField,
} from '../../../tools/onnx/protobuf.js';

/** Numbers of TensorProto.DataType. */
export const dataType = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  double: 11,
} as const;

export type DataTypeName = keyof typeof dataType;

/** Where a tensor keeps its numbers: `raw_data` or the field of its type. */
export type Storage = 'raw' | 'field';

export interface TensorSpec {
  readonly type: DataTypeName;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly storage?: Storage;
}

export type AttributeSpec =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly text: string }
  | { readonly tensor: TensorSpec };

export interface NodeSpec {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly domain?: string;
  readonly name?: string;
}

export interface PortSpec {
  readonly name: string;
  readonly type: DataTypeName;
  /** A size, or the name of a dimension. */
  readonly shape?: readonly (number | string)[];
}

export interface ModelSpec {
  readonly opset?: number;
  readonly inputs: readonly PortSpec[];
  readonly outputs: readonly PortSpec[];
  readonly initializers?: Readonly<Record<string, TensorSpec>>;
  readonly nodes: readonly NodeSpec[];
}

export const float = (shape: readonly number[], data: ArrayLike<number>): TensorSpec => ({
  type: 'float',
  shape,
  data,
});
export const int64 = (data: readonly number[], shape: readonly number[] = [data.length]): TensorSpec => ({
  type: 'int64',
  shape,
  data,
});
export const int8 = (shape: readonly number[], data: ArrayLike<number>): TensorSpec => ({
  type: 'int8',
  shape,
  data,
});
export const uint8 = (shape: readonly number[], data: ArrayLike<number>): TensorSpec => ({
  type: 'uint8',
  shape,
  data,
});
export const int32 = (shape: readonly number[], data: ArrayLike<number>): TensorSpec => ({
  type: 'int32',
  shape,
  data,
});

const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function rawBytes({ type, data }: TensorSpec): Uint8Array {
  const numbers = Array.from(data);
  switch (type) {
    case 'float':
      return bytesOf(Float32Array.from(numbers));
    case 'double':
      return bytesOf(Float64Array.from(numbers));
    case 'int64':
      return bytesOf(BigInt64Array.from(numbers, (value) => BigInt(value)));
    case 'int32':
      return bytesOf(Int32Array.from(numbers));
    case 'float16':
      return bytesOf(Uint16Array.from(numbers));
    default:
      return bytesOf(Int8Array.from(numbers));
  }
}

/** Numbers in the repeated field of their type, packed. */
function typedField(spec: TensorSpec): Message {
  const packed = spec.type === 'float' || spec.type === 'double';
  const fields: Readonly<Record<DataTypeName, number>> = {
    float: 4,
    double: 10,
    int64: 7,
    int32: 5,
    int8: 5,
    uint8: 5,
    bool: 5,
    float16: 5,
  };
  const field = fields[spec.type];
  if (packed) return bytesField(field, rawBytes(spec));
  return repeated(Array.from(spec.data), (value) => integerField(field, value));
}

const tensorMessage = (name: string, spec: TensorSpec): Message => [
  ...repeated(spec.shape, (size) => integerField(1, size)),
  ...integerField(2, dataType[spec.type]),
  ...stringField(8, name),
  ...(spec.storage === 'field' ? typedField(spec) : bytesField(9, rawBytes(spec))),
];

function attributePayload(spec: AttributeSpec): { readonly type: number; readonly fields: Message } {
  if ('int' in spec) return { type: 2, fields: integerField(3, spec.int) };
  if ('ints' in spec) return { type: 7, fields: repeated(spec.ints, (value) => integerField(8, value)) };
  if ('float' in spec) return { type: 1, fields: floatField(2, spec.float) };
  if ('floats' in spec) return { type: 6, fields: repeated(spec.floats, (value) => floatField(7, value)) };
  if ('text' in spec) return { type: 3, fields: stringField(4, spec.text) };
  return { type: 4, fields: messageField(5, tensorMessage('', spec.tensor)) };
}

function attributeMessage(name: string, spec: AttributeSpec): Message {
  const { type, fields } = attributePayload(spec);
  return [...stringField(1, name), ...fields, ...integerField(20, type)];
}

const nodeMessage = ({
  operator,
  inputs,
  outputs,
  attributes = {},
  domain = '',
  name = '',
}: NodeSpec): Message => [
  ...repeated(inputs, (input) => stringField(1, input)),
  ...repeated(outputs, (output) => stringField(2, output)),
  ...stringField(3, name),
  ...stringField(4, operator),
  ...repeated(Object.entries(attributes), ([key, spec]) => messageField(5, attributeMessage(key, spec))),
  ...(domain ? stringField(7, domain) : []),
];

function portMessage({ name, type, shape }: PortSpec): Message {
  const dimension = (size: number | string): Message =>
    messageField(1, typeof size === 'number' ? integerField(1, size) : stringField(2, size));
  const sizes = shape ? messageField(2, repeated(shape, dimension)) : [];
  const tensorType = [...integerField(1, dataType[type]), ...sizes];
  return [...stringField(1, name), ...messageField(2, messageField(1, tensorType))];
}

const opsetMessage = (domain: string, version: number): Message => [
  ...stringField(1, domain),
  ...integerField(2, version),
];

/** An ONNX file. */
export function encodeOnnx({ opset = 13, inputs, outputs, initializers = {}, nodes }: ModelSpec): Uint8Array {
  const graph = [
    ...repeated(nodes, (node) => messageField(1, nodeMessage(node))),
    ...stringField(2, 'test'),
    ...repeated(Object.entries(initializers), ([name, spec]) => messageField(5, tensorMessage(name, spec))),
    ...repeated(inputs, (port) => messageField(11, portMessage(port))),
    ...repeated(outputs, (port) => messageField(12, portMessage(port))),
  ];
  const domains = new Set(nodes.map(({ domain = '' }) => domain));
  domains.delete('');
  return encode([
    ...integerField(1, opset >= 19 ? 9 : 7),
    ...stringField(2, 'test'),
    ...messageField(7, graph),
    ...messageField(8, opsetMessage('', opset)),
    ...repeated([...domains], (domain) => messageField(8, opsetMessage(domain, 1))),
  ]);
}
