import { rejectModel } from '../json.js';
import {
  asBytes,
  asFloat,
  asInteger,
  asMessage,
  asText,
  type Field,
  type Message,
  pushIntegers,
  pushReals,
  readFields,
} from './wire.js';

/** Plain data of an ONNX file: the messages of onnx.proto that matter for inference, field by field. */
export interface OnnxModel {
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly TensorMessage[];
  readonly sparseInitializers: number;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxAttribute {
  readonly integer: number;
  readonly float: number;
  readonly text: string;
  readonly integers: readonly number[];
  readonly floats: readonly number[];
  readonly tensor: TensorMessage | undefined;
  /** Number of AttributeType, 0 where the file leaves it out. */
  readonly type: number;
}

/** A graph input or output. A dimension is a size, a name, or '' when nothing is known. */
export interface OnnxPort {
  readonly name: string;
  readonly elementType: number;
  readonly dimensions: readonly (number | string)[] | undefined;
}

/** A TensorProto; the numbers are in one of the fields, which one depends on the element type. */
export interface TensorMessage {
  readonly name: string;
  readonly elementType: number;
  readonly dimensions: readonly number[];
  readonly raw: Uint8Array | undefined;
  readonly floats: readonly number[];
  readonly doubles: readonly number[];
  readonly integers: readonly number[];
  readonly external: boolean;
  readonly offset: number;
}

const greatestFields = 4_000_000;
const greatestRank = 16;

function checkRank(dimensions: readonly unknown[], offset: number): void {
  if (dimensions.length > greatestRank) {
    rejectModel(`byte ${offset}`, `a shape has ${dimensions.length} dimensions, at most ${greatestRank}`);
  }
}

function readTensor(message: Message): TensorMessage {
  let name = '';
  let elementType = 0;
  let raw: Uint8Array | undefined;
  let external = false;
  const dimensions: number[] = [];
  const floats: number[] = [];
  const doubles: number[] = [];
  const integers: number[] = [];
  for (const field of readFields(message)) {
    switch (field.number) {
      case 1:
        pushIntegers(dimensions, field);
        break;
      case 2:
        elementType = asInteger(field);
        break;
      case 4:
        pushReals(floats, field, 4);
        break;
      case 5:
      case 7:
      case 11:
        pushIntegers(integers, field);
        break;
      case 8:
        name = asText(field);
        break;
      case 9:
        raw = asBytes(field);
        break;
      case 10:
        pushReals(doubles, field, 8);
        break;
      case 13:
        external = true;
        break;
      case 14:
        external ||= asInteger(field) === 1;
        break;
    }
  }
  const { offset } = message;
  checkRank(dimensions, offset);
  return { name, elementType, dimensions, raw, floats, doubles, integers, external, offset };
}

function readAttribute(message: Message): readonly [name: string, attribute: OnnxAttribute] {
  let name = '';
  let integer = 0;
  let float = 0;
  let text: Uint8Array | undefined;
  let tensor: TensorMessage | undefined;
  let type = 0;
  const integers: number[] = [];
  const floats: number[] = [];
  for (const field of readFields(message)) {
    switch (field.number) {
      case 1:
        name = asText(field);
        break;
      case 2:
        float = asFloat(field);
        break;
      case 3:
        integer = asInteger(field);
        break;
      case 4:
        text = asBytes(field);
        break;
      case 5:
        tensor = readTensor(asMessage(field, message));
        break;
      case 7:
        pushReals(floats, field, 4);
        break;
      case 8:
        pushIntegers(integers, field);
        break;
      case 20:
        type = asInteger(field);
        break;
    }
  }
  return [name, { integer, float, text: new TextDecoder().decode(text), integers, floats, tensor, type }];
}

function readNode(message: Message): OnnxNode {
  let name = '';
  let operator = '';
  let domain = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  for (const field of readFields(message)) {
    switch (field.number) {
      case 1:
        inputs.push(asText(field));
        break;
      case 2:
        outputs.push(asText(field));
        break;
      case 3:
        name = asText(field);
        break;
      case 4:
        operator = asText(field);
        break;
      case 5: {
        const [key, attribute] = readAttribute(asMessage(field, message));
        if (attributes.has(key)) rejectModel(`byte ${field.offset}`, `attribute '${key}' is given twice`);
        attributes.set(key, attribute);
        break;
      }
      case 7:
        domain = asText(field);
        break;
    }
  }
  return { name, operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

/** The first field with the number given, as a message. */
function inner(message: Message, number: number): Message | undefined {
  for (const field of readFields(message)) {
    if (field.number === number) return asMessage(field, message);
  }
  return undefined;
}

function readDimension(message: Message): number | string {
  let dimension: number | string = '';
  for (const field of readFields(message)) {
    if (field.number === 1) dimension = asInteger(field);
    if (field.number === 2) dimension = asText(field);
  }
  return dimension;
}

function readShape(message: Message): readonly (number | string)[] {
  const dimensions: (number | string)[] = [];
  for (const field of readFields(message)) {
    if (field.number === 1) dimensions.push(readDimension(asMessage(field, message)));
  }
  checkRank(dimensions, message.offset);
  return dimensions;
}

function readPort(message: Message): OnnxPort {
  let name = '';
  let tensorType: Message | undefined;
  for (const field of readFields(message)) {
    if (field.number === 1) name = asText(field);
    if (field.number === 2) tensorType = inner(asMessage(field, message), 1);
  }
  let elementType = 0;
  let dimensions: readonly (number | string)[] | undefined;
  for (const field of tensorType ? readFields(tensorType) : []) {
    if (field.number === 1) elementType = asInteger(field);
    if (field.number === 2) dimensions = readShape(asMessage(field, tensorType ?? message));
  }
  return { name, elementType, dimensions };
}

function readGraph(message: Message): OnnxGraph {
  let name = '';
  let sparseInitializers = 0;
  const nodes: OnnxNode[] = [];
  const initializers: TensorMessage[] = [];
  const inputs: OnnxPort[] = [];
  const outputs: OnnxPort[] = [];
  for (const field of readFields(message)) {
    const nested = (): Message => asMessage(field, message);
    switch (field.number) {
      case 1:
        nodes.push(readNode(nested()));
        break;
      case 2:
        name = asText(field);
        break;
      case 5:
        initializers.push(readTensor(nested()));
        break;
      case 11:
        inputs.push(readPort(nested()));
        break;
      case 12:
        outputs.push(readPort(nested()));
        break;
      case 15:
        sparseInitializers++;
        break;
    }
  }
  return { name, nodes, initializers, sparseInitializers, inputs, outputs };
}

function readOpset(message: Message): readonly [domain: string, version: number] {
  let domain = '';
  let version = 0;
  for (const field of readFields(message)) {
    if (field.number === 1) domain = asText(field);
    if (field.number === 2) version = asInteger(field);
  }
  return [domain === 'ai.onnx' ? '' : domain, version];
}

/** Reads the protocol buffers of an ONNX file. Throws `invalid-model` with the byte offset of what is damaged. */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const message: Message = { bytes, offset: 0, budget: { fields: greatestFields } };
  let producer = '';
  let graphField: Field | undefined;
  const opsets = new Map<string, number>();
  for (const field of readFields(message)) {
    if (field.number === 2) producer = asText(field);
    if (field.number === 7) graphField = field;
    if (field.number === 8) opsets.set(...readOpset(asMessage(field, message)));
  }
  if (!graphField) rejectModel('byte 0', 'has no graph: not an ONNX file, or a truncated one');
  return { producer, opsets, graph: readGraph(asMessage(graphField, message)) };
}
