import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { elementCount, formatType } from '../graph/tensor.js';
import { inferTypes } from '../graph/types.js';

/** What a graph that classifies the middle pixel of a patch takes and gives. */
export interface PatchNetwork {
  readonly graph: Graph;
  readonly input: string;
  readonly output: string;
  /** Rows and columns of a patch, odd. */
  readonly size: number;
  readonly bands: number;
  readonly classes: number;
  /** Names of the classes, where the model has them. */
  readonly classNames?: readonly string[];
}

function refuse(graph: Graph, message: string): never {
  throw new SpikeletError('invalid-input', message, { where: `model '${graph.name}'` });
}

function patchShapeOf(graph: Graph): { readonly bands: number; readonly size: number } {
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0) refuse(graph, `takes ${graph.inputs.length} inputs, expected one patch`);
  const { shape, dtype } = input.type;
  const [height = 0, width = 0] = shape.slice(-2);
  const bands = shape.at(-3) ?? 0;
  const isPatch = shape.length === 4 || shape.length === 5;
  if (!isPatch || dtype !== 'f32' || elementCount(shape) !== bands * height * width || height !== width) {
    refuse(
      graph,
      `takes ${formatType(input.type)}, expected one square patch: f32[1, bands, size, size] or f32[1, 1, bands, size, size]`,
    );
  }
  if (height % 2 === 0) refuse(graph, `takes patches of ${height}x${width}, which have no middle pixel`);
  return { bands, size: height };
}

/** Throws `invalid-input` unless a graph takes one square patch and gives one score for each class. */
export function patchNetwork(graph: Graph): PatchNetwork {
  const { bands, size } = patchShapeOf(graph);
  const output = graph.outputs.find(({ meaning }) => meaning?.kind === 'classes') ?? graph.outputs[0];
  const type = inferTypes(graph).get(output?.name ?? '');
  const classes = elementCount(type?.shape ?? []);
  if (!output || !type || classes < 2 || !type.shape.includes(classes)) {
    refuse(graph, `gives ${type ? formatType(type) : 'nothing'}, expected one score for each class`);
  }
  return {
    graph,
    input: graph.inputs[0]?.name ?? '',
    output: output.name,
    size,
    bands,
    classes,
    ...(output.meaning?.kind === 'classes' && { classNames: output.meaning.labels }),
  };
}
