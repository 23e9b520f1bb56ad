import type { Graph } from '../graph/graph.js';
import { allocate, elementCount, type Tensor } from '../graph/tensor.js';

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
      for (let i = 0; i < data.length; i++) {
        data[i] = type.dtype === 'f32' ? uniform() * 4 - 2 : Math.floor(uniform() * 256);
      }
      return [name, { dtype: type.dtype, shape: type.shape, data }];
    }),
  );
}
