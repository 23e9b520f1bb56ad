import { SpikeletError } from '../error.js';
import { readAttributes } from '../graph/attributes.js';
import type { Graph, GraphInput, GraphOutput, Meaning } from '../graph/graph.js';
import { isOperationName, type Node, operations } from '../graph/ops/table.js';
import type { Constant } from '../graph/tensor.js';
import {
  asArray,
  asChoice,
  asNumbers,
  asObject,
  asString,
  asStrings,
  field,
  type JsonObject,
  rejectModel,
  shorten,
} from './json.js';
import { asQuantization, asTensorType } from './types.js';

const greatestList = 100_000;

/** Attributes that differ from their default. */
function givenAttributes(node: Node): Record<string, unknown> {
  const { schema } = operations[node.op];
  return Object.fromEntries(
    Object.entries(node.attributes).filter(([name, value]) => {
      const fallback = Object.entries(schema).find(([known]) => known === name)?.[1]?.fallback;
      return JSON.stringify(value) !== JSON.stringify(fallback);
    }),
  );
}

function writeNode(node: Node): JsonObject {
  const { op, name, inputs, outputs, quantization } = node;
  const attributes = givenAttributes(node);
  return {
    op,
    name,
    inputs,
    outputs,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(quantization && { quantization: { scale: quantization.scale, zeroPoint: quantization.zeroPoint } }),
  };
}

function writeMeaning(meaning: Meaning): JsonObject {
  switch (meaning.kind) {
    case 'image':
      return { kind: 'image', channels: meaning.channels, mean: meaning.mean, std: meaning.std };
    case 'classes':
      return { kind: 'classes', labels: meaning.labels };
  }
}

/** The graph as JSON text; constants by the descriptions given. Fields have one order, so that bytes are stable. */
export function writeGraph(graph: Graph, constants: JsonObject): string {
  return JSON.stringify({
    name: graph.name,
    inputs: graph.inputs.map(({ name, type: { dtype, shape, quantization }, meaning }) => ({
      name,
      dtype,
      shape,
      ...(quantization && { quantization: { scale: quantization.scale, zeroPoint: quantization.zeroPoint } }),
      ...(meaning && { meaning: writeMeaning(meaning) }),
    })),
    outputs: graph.outputs.map(({ name, meaning }) => ({
      name,
      ...(meaning && { meaning: writeMeaning(meaning) }),
    })),
    constants,
    nodes: graph.nodes.map(writeNode),
  });
}

function asMeaning(value: unknown, where: string): Meaning {
  const kind = asChoice(field(asObject(value, where), 'kind'), ['image', 'classes'], `${where} kind`);
  switch (kind) {
    case 'image': {
      const object = asObject(value, where, ['kind', 'channels', 'mean', 'std']);
      return {
        kind,
        channels: asChoice(field(object, 'channels'), ['rgb', 'bgr', 'gray'], `${where} channels`),
        mean: asNumbers(field(object, 'mean'), `${where} mean`),
        std: asNumbers(field(object, 'std'), `${where} std`),
      };
    }
    case 'classes': {
      const object = asObject(value, where, ['kind', 'labels']);
      return { kind, labels: asStrings(field(object, 'labels'), `${where} labels`) };
    }
  }
}

function readInput(value: unknown, index: number): GraphInput {
  const where = `graph input ${index}`;
  const object = asObject(value, where, ['name', 'dtype', 'shape', 'quantization', 'meaning']);
  const meaning = field(object, 'meaning');
  return {
    name: asString(field(object, 'name'), `${where} name`),
    type: asTensorType(field(object, 'dtype'), field(object, 'shape'), field(object, 'quantization'), where),
    ...(meaning !== undefined && { meaning: asMeaning(meaning, `${where} meaning`) }),
  };
}

function readOutput(value: unknown, index: number): GraphOutput {
  const where = `graph output ${index}`;
  const object = asObject(value, where, ['name', 'meaning']);
  const meaning = field(object, 'meaning');
  return {
    name: asString(field(object, 'name'), `${where} name`),
    ...(meaning !== undefined && { meaning: asMeaning(meaning, `${where} meaning`) }),
  };
}

const nodeFields = ['op', 'name', 'inputs', 'outputs', 'attributes', 'quantization'];

function readNode(value: unknown, index: number): Node {
  const object = asObject(value, `node ${index}`, nodeFields);
  const name = asString(field(object, 'name'), `node ${index} name`);
  const where = `node '${shorten(name)}'`;
  const op = asString(field(object, 'op'), `${where} op`);
  if (!isOperationName(op)) rejectModel(where, `unknown operation '${shorten(op)}'`);
  const quantization = field(object, 'quantization');
  const node = {
    op,
    name,
    inputs: asStrings(field(object, 'inputs'), `${where} inputs`),
    outputs: asStrings(field(object, 'outputs'), `${where} outputs`),
    attributes: readAttributes(
      operations[op].schema,
      asObject(field(object, 'attributes') ?? {}, `${where} attributes`),
      where,
    ),
    ...(quantization !== undefined && {
      quantization: asQuantization(quantization, `${where} quantization`),
    }),
  };
  // The schema has just checked that the attributes are those of the operation.
  return node as Node;
}

/** Operations that this version does not have, all at once. */
function checkOperations(nodes: readonly unknown[]): void {
  const unknown = new Set<string>();
  for (const node of nodes) {
    const op = field(asObject(node, 'node'), 'op');
    if (typeof op === 'string' && !isOperationName(op)) unknown.add(shorten(op));
  }
  if (unknown.size > 0) {
    const names = [...unknown].slice(0, 20).join(', ');
    throw new SpikeletError('unsupported', `this version has no operation ${names}: a newer one may`, {
      where: 'graph nodes',
    });
  }
}

function boundedList(object: JsonObject, name: string): readonly unknown[] {
  const list = asArray(field(object, name), `graph ${name}`);
  if (list.length > greatestList)
    rejectModel(`graph ${name}`, `has ${list.length} entries, at most ${greatestList}`);
  return list;
}

/** The graph that {@link writeGraph} wrote, with the constants that `restore` makes of their descriptions. */
export function readGraph(
  json: unknown,
  restore: (descriptions: unknown) => ReadonlyMap<string, Constant>,
): Graph {
  const object = asObject(json, 'graph', ['name', 'inputs', 'outputs', 'constants', 'nodes']);
  const nodes = boundedList(object, 'nodes');
  checkOperations(nodes);
  return {
    name: asString(field(object, 'name'), 'graph name'),
    inputs: boundedList(object, 'inputs').map(readInput),
    outputs: boundedList(object, 'outputs').map(readOutput),
    nodes: nodes.map(readNode),
    constants: restore(field(object, 'constants')),
  };
}
