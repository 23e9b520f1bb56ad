import { SpikeletError } from '../error.js';
import type { Graph, GraphInput } from '../graph/graph.js';
import type { Tensor } from '../graph/tensor.js';
import { inferTypes } from '../graph/types.js';

/** The one image that a model takes and the scores that it gives. */
export interface Classifier {
  readonly input: GraphInput;
  readonly output: string;
  readonly classes: number;
  readonly labels?: readonly string[];
}

/** Throws `invalid-input` unless a graph takes one image and gives one score for each class. */
export function classifierOf(graph: Graph): Classifier {
  const where = `model '${graph.name}'`;
  const [input, ...otherInputs] = graph.inputs;
  if (!input || otherInputs.length > 0 || input.type.shape.length !== 4) {
    const inputs = graph.inputs.map(({ name }) => name).join(', ');
    throw new SpikeletError('invalid-input', `takes not one image but the inputs ${inputs}`, { where });
  }
  const output = graph.outputs.find(({ meaning }) => meaning?.kind === 'classes') ?? graph.outputs[0];
  const shape = inferTypes(graph).get(output?.name ?? '')?.shape ?? [];
  const classes = shape.at(-1) ?? 0;
  if (!output || classes < 2 || shape.slice(0, -1).some((size) => size !== 1)) {
    throw new SpikeletError('invalid-input', 'its output is not one score for each class', { where });
  }
  const labels = output.meaning?.kind === 'classes' ? output.meaning.labels : undefined;
  return { input, output: output.name, classes, ...(labels && { labels }) };
}

/** The scores among a run's outputs. */
export function scoresOf(outputs: Readonly<Record<string, Tensor>>, { output }: Classifier): Tensor['data'] {
  const scores = outputs[output]?.data;
  if (!scores) throw new SpikeletError('internal', `the run gave no output '${output}'`);
  return scores;
}
