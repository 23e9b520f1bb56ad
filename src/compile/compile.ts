import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import type { TensorType } from '../graph/tensor.js';
import { inferTypes, nodeCost } from '../graph/types.js';
import { align, lifetimes, type Placement, planArena } from './arena.js';
import { type ExtraFamily, type KernelFamily, knownKernels } from './families.js';
import { type FusedNode, fuse } from './fuse.js';
import type { KernelField, KernelRow } from './kernels/row.js';
import { bytesOfType, isRowMajor, physicalStrides } from './layout.js';
import { type Choices, type Context, internal, useValue, type Value } from './lower/context.js';
import { copyStrided } from './lower/strided.js';
import { lower } from './lower/table.js';
import { layOutPackings } from './packing.js';
import { controlBytes, type Layer, type MemoryBlock, type Plan, type Step, type Target } from './plan.js';
import { type Argument, type Buffer, isPointer, Program, pointer } from './program.js';

/** Linear memory is addressed by 32 bits; a plan may not need more than this. */
const largestMemory = 2 ** 32 - 65536;

/**
 * Decides how a graph runs on a target: which kernels, on which packed weights, where in memory.
 *
 * Throws `unsupported` for an operation without a kernel for the given types, `invalid-model` for a graph whose
 * nodes do not fit together and `out-of-memory` for one that 32-bit memory cannot hold.
 */
export function compile(graph: Graph, target: Target, choices: Choices = {}): Plan {
  const types = inferTypes(graph);
  const program = new Program(choices.memoryLimit);
  const context: Context = {
    graph,
    types,
    target,
    choices,
    program,
    values: new Map(),
    ports: inputPorts(graph, program),
  };
  for (const fused of fuse(graph, types)) {
    program.beginLayer(describeLayer(graph, types, fused));
    lower(context, fused);
  }
  const outputs = graph.outputs.map(({ name }) => outputPort(context, name));
  return layOut(context, outputs);
}

function inputPorts(graph: Graph, program: Program): ReadonlyMap<string, Value> {
  return new Map(
    graph.inputs.map(({ name, type }) => [
      name,
      { name, type, at: pointer(program.buffer(`${name} (input)`, bytesOfType(type))) },
    ]),
  );
}

/** The value as it is copied out: row-major, in memory that nothing else uses after the last step. */
function outputPort(context: Context, name: string): Value {
  const value = context.ports.get(name) ?? useValue(context, name);
  const { shape } = value.type;
  if (context.ports.has(name) || isRowMajor(shape)) return value;
  const port = { ...value, at: pointer(context.program.buffer(`${name} (output)`, bytesOfType(value.type))) };
  copyStrided(context, value.at, port, shape, physicalStrides(shape));
  return port;
}

function describeLayer(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  { node, fused, output }: FusedNode,
): Omit<Layer, 'constantBytes'> {
  const weight = node.inputs.map((name) => graph.constants.get(name)).find((c) => c && c.shape.length > 1);
  return {
    name: node.name,
    op: node.op,
    fused: fused.map((next) => next.name),
    outputShape: types.get(output)?.shape ?? [],
    ...nodeCost(graph, types, node),
    weightBits: weight ? (weight.quantization?.bits ?? 32) : 0,
  };
}

/** Gives every buffer its address: control block, parameter blocks, constants, then the arena. */
function layOut(context: Context, outputs: readonly Value[]): Plan {
  const { program, graph } = context;
  const rows = calledRows(context);
  const parameterBytes = program.calls.map((call) => align(fieldsOf(rows, call.kernel).length * 4));
  const constantsBase = controlBytes + parameterBytes.reduce((sum, bytes) => sum + bytes, 0);
  const kept = [...program.states, ...program.counters.map(({ at }) => at.buffer)];
  const { placements: constants, end } = placeConstants(
    program,
    [...program.constants, ...kept],
    constantsBase,
  );
  const ports = [...context.ports.values()];
  const spans = lifetimes(program, ports.map(bufferOf), outputs.map(bufferOf));
  const arena = planArena(program, spans, end);
  const address = new Map([...constants, ...arena.placements].map((p) => [p.buffer, p.address]));
  const packing = layOutPackings(program, end, (argument) => resolve(argument, address));
  const memoryBytes = Math.max(arena.end, packing.end);
  if (memoryBytes > largestMemory) {
    throw new SpikeletError(
      'out-of-memory',
      `the model needs ${memoryBytes} bytes of memory, more than 32 bits address`,
    );
  }
  const steps = resolveSteps(program, rows, parameterBytes, address);
  const addressOf = (value: Value): number =>
    (address.get(value.at.buffer) ?? internal(`'${value.name}' has no place`)) + value.at.offset;
  return {
    name: graph.name,
    target: context.target,
    kernels: [...rows.values()].map(({ row }) => row),
    families: extraFamilies(rows),
    steps,
    layers: program.layers,
    inputs: graph.inputs.map((description, i) => {
      const port = ports[i] ?? internal('an input has no port');
      return { description, type: port.type, address: addressOf(port) };
    }),
    outputs: graph.outputs.map((description, i) => {
      const port = outputs[i] ?? internal('an output has no port');
      return { description, type: port.type, address: addressOf(port) };
    }),
    memoryBytes,
    state: constants.flatMap(({ buffer, address: at }) =>
      program.states.includes(buffer) ? [{ address: at, bytes: buffer.bytes }] : [],
    ),
    counters: program.counters.map(({ at, ...counter }) => ({ ...counter, address: resolve(at, address) })),
    blocks: [
      ...memoryBlocks(constantsBase, constants, arena.placements, steps.length, new Set(kept)),
      ...packingBlock(end, packing.end),
    ],
    constants: constants.flatMap(({ buffer: { bytes, contents }, address }) =>
      contents ? [{ address, bytes, contents }] : [],
    ),
    packings: packing.packings,
  };
}

const bufferOf = (value: Value): Buffer => value.at.buffer;

type CalledRows = ReadonlyMap<string, { readonly row: KernelRow; readonly family: KernelFamily }>;

function calledRows({ program, choices }: Context): CalledRows {
  const known = knownKernels(choices.lowerings ?? {});
  const called = new Set([...program.calls, ...program.packings].map(({ kernel }) => kernel));
  return new Map(
    [...called].map((name) => [name, known.get(name) ?? internal(`kernel '${name}' is not in the table`)]),
  );
}

const fieldsOf = (rows: CalledRows, kernel: string): readonly KernelField[] =>
  rows.get(kernel)?.row.fields ?? [];

function placeConstants(
  program: Program,
  buffers: readonly Buffer[],
  base: number,
): { placements: readonly Placement[]; end: number } {
  let address = align(base);
  const placements = buffers.map((buffer) => {
    const placed = { buffer, address, first: -1, last: program.calls.length };
    address = align(address + buffer.bytes);
    return placed;
  });
  return { placements, end: address + align(1) };
}

function extraFamilies(rows: CalledRows): readonly ExtraFamily[] {
  const called = new Set([...rows.values()].map(({ family }) => family));
  return [...called].filter((family): family is ExtraFamily => family !== 'core');
}

/** A number as it is, a symbolic pointer as its address. */
function resolve(argument: Argument, address: ReadonlyMap<Buffer, number>): number {
  if (!isPointer(argument)) return argument;
  return (
    (address.get(argument.buffer) ?? internal(`'${argument.buffer.name}' has no place`)) + argument.offset
  );
}

/** Turns symbolic pointers into addresses and checks that every field of every parameter block is given. */
function resolveSteps(
  program: Program,
  rows: CalledRows,
  parameterBytes: readonly number[],
  address: ReadonlyMap<Buffer, number>,
): readonly Step[] {
  let parameterBlock = controlBytes;
  return program.calls.map((call, i) => {
    const parameters: Record<string, number> = {};
    for (const { name } of fieldsOf(rows, call.kernel)) {
      const argument = call.parameters[name] ?? internal(`${call.kernel}: parameter '${name}' is not given`);
      parameters[name] = resolve(argument, address);
    }
    const step = { layer: call.layer, kernel: call.kernel, parameterBlock, parameters, units: call.units };
    parameterBlock += parameterBytes[i] ?? 0;
    return step;
  });
}

function memoryBlocks(
  constantsBase: number,
  constants: readonly Placement[],
  arena: readonly Placement[],
  steps: number,
  kept: ReadonlySet<Buffer>,
): readonly MemoryBlock[] {
  const always = [0, steps - 1] as const;
  const blockOf = ({ buffer, address, first, last }: Placement): MemoryBlock => ({
    name: buffer.name,
    region: kept.has(buffer) ? 'state' : buffer.region,
    address,
    bytes: buffer.bytes,
    lifetime: buffer.region === 'constants' ? always : [Math.max(first, 0), Math.min(last, steps - 1)],
  });
  return [
    { name: 'control', region: 'control', address: 0, bytes: controlBytes, lifetime: always },
    {
      name: 'parameters',
      region: 'parameters',
      address: controlBytes,
      bytes: constantsBase - controlBytes,
      lifetime: always,
    },
    ...constants.map(blockOf),
    ...arena.map(blockOf),
  ];
}

/** What packing kernels work in before the first run, in the place of the arena and past it. */
function packingBlock(address: number, end: number): readonly MemoryBlock[] {
  const bytes = end - address;
  return bytes > 0
    ? [{ name: 'packing of weights', region: 'scratch', address, bytes, lifetime: [-1, -1] }]
    : [];
}
