import { fromNir, type NirOptions } from '../../../src/format/nir/index.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import { elementCount, type Tensor } from '../../../src/graph/tensor.js';
import { SpikeletError } from '../../../src/index.js';
import { type GraphSpec, nirFile } from './nir-file.js';

/** Runs a graph of one input by the reference; gives its first output. */
export function runGraph(graph: Graph, values: ArrayLike<number>): Tensor {
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (!input || !output) throw new Error('the graph has no input or no output');
  const { dtype, shape } = input.type;
  const data = dtype === 'u8' ? Uint8Array.from(values) : Float32Array.from(values);
  const given = { dtype, shape, data } as Tensor;
  if (data.length !== elementCount(shape)) throw new Error(`${data.length} values for ${shape}`);
  const result = interpret(graph, { [input.name]: given })[output.name];
  if (!result) throw new Error('there is no result');
  return result;
}

/** Writes, imports and runs a graph of one input. */
export async function runNir(
  spec: GraphSpec,
  options: NirOptions,
  values: ArrayLike<number>,
): Promise<number[]> {
  return Array.from(runGraph(fromNir(await nirFile(spec), options), values).data);
}

/** The error that a file is refused with. */
export function refusal(
  bytes: Uint8Array,
  options: NirOptions = { steps: 2, timeStep: 1e-3 },
): SpikeletError {
  try {
    fromNir(bytes, options);
  } catch (error) {
    if (error instanceof SpikeletError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}
