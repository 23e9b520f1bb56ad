import { readAttributes } from './attributes.js';
import { constantType, type Graph } from './graph.js';
import { isOperationName, type Node } from './ops/table.js';
import type { TensorType } from './tensor.js';
import { inferTypes, inputTypes, operationOf } from './types.js';
import { checkAccumulator } from './validate/accumulator.js';
import { checkFinite } from './validate/finite.js';
import { checkMeaning } from './validate/meaning.js';
import { checkStructure } from './validate/structure.js';
import { checkConstant, checkQuantization, checkType, reject } from './validate/values.js';

const whereIs = (node: Node): string => `node '${node.name}' (${node.op})`;

/** Refuses empty names and names that are given twice. */
function checkNames(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === '') reject('graph', `a ${what} has no name`);
    if (seen.has(name)) reject('graph', `the name '${name}' is given to more than one ${what}`);
    seen.add(name);
  }
}

function checkNode(node: Node): void {
  const where = whereIs(node);
  if (!isOperationName(node.op)) reject(where, 'this version has no such operation');
  const { schema, arity } = operationOf(node);
  const [least, greatest] = arity;
  if (node.inputs.length < least || node.inputs.length > greatest) {
    const expected = least === greatest ? least : `${least} to ${greatest}`;
    reject(where, `takes ${expected} inputs, got ${node.inputs.length}`);
  }
  const read = readAttributes(schema, { ...node.attributes }, where);
  const missing = Object.keys(read).find((name) => !Object.hasOwn(node.attributes, name));
  if (missing !== undefined) reject(where, `attribute '${missing}' is missing: nodes carry their defaults`);
  if (node.quantization) checkQuantization(where, node.quantization);
}

/** Every node input must be a constant, a graph input or the output of an earlier node. */
function checkOrder(graph: Graph): void {
  const all = new Set(graph.nodes.flatMap((node) => node.outputs));
  const known = new Set([...graph.constants.keys(), ...graph.inputs.map(({ name }) => name)]);
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      if (name === '' || known.has(name)) continue;
      reject(
        whereIs(node),
        all.has(name)
          ? `input '${name}' is not computed before it is used: nodes must be in topological order`
          : `input '${name}' is no input, constant or node output of the graph`,
      );
    }
    for (const name of node.outputs) known.add(name);
  }
}

function checkResults(graph: Graph, types: ReadonlyMap<string, TensorType>, node: Node): void {
  for (const name of node.outputs) {
    const type = types.get(name);
    if (!type) continue;
    checkType(whereIs(node), type);
    if (node.quantization && type.dtype !== 'u8') {
      reject(whereIs(node), `has a quantization, but its output is ${type.dtype}`);
    }
  }
  const inputs = inputTypes(graph, types, node);
  checkAccumulator(node, inputs);
  checkFinite(node, inputs);
}

function checkPorts(graph: Graph, types: ReadonlyMap<string, TensorType>): void {
  for (const { name, type, meaning } of graph.inputs) {
    if (meaning) checkMeaning(`input '${name}'`, meaning, type);
  }
  for (const { name, meaning } of graph.outputs) {
    const where = `output '${name}'`;
    const constant = graph.constants.get(name);
    const type = types.get(name) ?? (constant && constantType(constant));
    if (!type) reject(where, 'is no input, constant or node output of the graph');
    checkType(where, type);
    if (meaning) checkMeaning(where, meaning, type);
  }
}

/**
 * Checks everything that a graph promises: names, order, attributes, types and shapes, quantizations, constants,
 * bounded sizes and integer accumulators that cannot overflow. Gives the types of all inputs and node outputs.
 *
 * Throws `invalid-model` that names the node, constant, input or output at fault.
 */
export function validateGraph(graph: Graph): ReadonlyMap<string, TensorType> {
  checkStructure(graph);
  if (graph.inputs.length === 0 || graph.outputs.length === 0) {
    reject('graph', 'needs at least one input and one output');
  }
  checkNames(
    'node',
    graph.nodes.map(({ name }) => name),
  );
  checkNames(
    'output',
    graph.outputs.map(({ name }) => name),
  );
  checkNames('value', [
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  for (const { name, type } of graph.inputs) checkType(`input '${name}'`, type);
  for (const [name, constant] of graph.constants) checkConstant(name, constant);
  for (const node of graph.nodes) checkNode(node);
  checkOrder(graph);
  const types = inferTypes(graph);
  for (const node of graph.nodes) checkResults(graph, types, node);
  checkPorts(graph, types);
  return types;
}
