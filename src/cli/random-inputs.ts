import type { Graph } from '../graph/graph.js';
import { allocate, elementCount, type Tensor, type TensorType } from '../graph/tensor.js';

/** Share of spikes in inputs of events. */
const eventShare = 0.1;

/** Whether a value over time holds events: bytes that stand for themselves, read by neurons. */
const isEvents = (graph: Graph, { dtype, quantization }: TensorType): boolean =>
  dtype === 'u8' &&
  quantization?.scale === 1 &&
  quantization.zeroPoint === 0 &&
  graph.nodes.some(({ op }) => op === 'lif' || op === 'integrate');

/** Events of inputs, by name. */
export function eventCounts(
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, type } of graph.inputs) {
    if (!isEvents(graph, type)) continue;
    let events = 0;
    for (const count of inputs[name]?.data ?? []) events += count;
    counts.set(name, events);
  }
  return counts;
}

/** Inputs of the right types with numbers that look like data: the same for every run. */
export function randomInputs(graph: Graph): Readonly<Record<string, Tensor>> {
  let state = 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Object.fromEntries(
    graph.inputs.map(({ name, type }) => {
      const data = allocate(type.dtype, elementCount(type.shape));
      const events = isEvents(graph, type);
      for (let i = 0; i < data.length; i++) {
        if (events) data[i] = uniform() < eventShare ? 1 : 0;
        else data[i] = type.dtype === 'f32' ? uniform() * 4 - 2 : Math.floor(uniform() * 256);
      }
      return [name, { dtype: type.dtype, shape: type.shape, data }];
    }),
  );
}
