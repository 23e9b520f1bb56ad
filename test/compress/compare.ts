import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import type { Tensor } from '../../src/graph/tensor.js';

const run = (graph: Graph, inputs: Readonly<Record<string, Tensor>>): readonly number[] => [
  ...(interpret(graph, inputs)[graph.outputs[0]?.name ?? '']?.data ?? []),
];

/** Root mean square of the difference of two graphs' outputs, and of the first one's. */
export function errorOver(
  graph: Graph,
  other: Graph,
  samples: readonly { readonly image: Tensor }[],
): [number, number] {
  let error = 0;
  let power = 0;
  for (const sample of samples) {
    const expected = run(graph, sample);
    run(other, sample).forEach((value, i) => {
      error += (value - (expected[i] ?? 0)) ** 2;
      power += (expected[i] ?? 0) ** 2;
    });
  }
  return [Math.sqrt(error), Math.sqrt(power)];
}
