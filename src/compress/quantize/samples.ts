import { SpikeletError } from '../../error.js';
import type { Executor } from '../../graph/executor.js';
import type { Graph } from '../../graph/graph.js';
import { elementCount, formatShape, formatType, sameShape, type Tensor } from '../../graph/tensor.js';
import { pacer } from '../pace.js';

/** One set of inputs by name. */
export type Sample = Readonly<Record<string, Tensor>>;
export type Samples = Iterable<Sample> | AsyncIterable<Sample>;

/** Samples that can be gone through more than once: a generator's are collected. */
export async function repeatable(samples: Samples): Promise<Samples> {
  const isSpent = (iterator: unknown): boolean => iterator === samples;
  const once =
    Symbol.iterator in samples
      ? isSpent(samples[Symbol.iterator]())
      : isSpent(samples[Symbol.asyncIterator]());
  if (!once) return samples;
  const collected: Sample[] = [];
  for await (const sample of samples) collected.push(sample);
  return collected;
}

/** Throws `invalid-input`, naming the sample, for inputs that are missing, of another type or not finite. */
export function checkSample(graph: Graph, sample: Sample, index: number): void {
  for (const { name, type } of graph.inputs) {
    const where = `sample ${index}, input '${name}'`;
    const value = Object.hasOwn(sample, name) ? sample[name] : undefined;
    if (!value) throw new SpikeletError('invalid-input', 'is missing', { where });
    if (value.dtype !== type.dtype || !sameShape(value.shape, type.shape)) {
      const got = `${value.dtype}${formatShape(value.shape)}`;
      throw new SpikeletError('invalid-input', `must be ${formatType(type)}, got ${got}`, { where });
    }
    if (value.data.length !== elementCount(type.shape) || !value.data.every(Number.isFinite)) {
      throw new SpikeletError(
        'invalid-input',
        'has too few or too many elements, or some that are not finite',
        {
          where,
        },
      );
    }
  }
}

/** How samples are run: by what, and who is told. */
export interface Runs {
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
  /** Called after each run of a sample. */
  readonly onRun: () => void;
}

/** Runs a graph on every sample and shows each result, in order of the graph's outputs. Returns the number of samples. */
export async function runSamples(
  graph: Graph,
  samples: Samples,
  { executor, signal, onRun }: Runs,
  visit: (outputs: readonly Tensor[], sample: Sample, index: number) => void,
): Promise<number> {
  const runnable = await executor(graph);
  const pace = pacer(signal);
  let index = 0;
  try {
    for await (const sample of samples) {
      await pace();
      const results = await runnable.run(sample);
      const outputs = graph.outputs.flatMap(({ name }) => results[name] ?? []);
      visit(outputs, sample, index++);
      onRun();
    }
  } finally {
    runnable.close();
  }
  return index;
}
