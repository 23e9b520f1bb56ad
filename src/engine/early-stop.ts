import { SpikeletError } from '../error.js';
import { elementCount, type Tensor, type TypedArray } from '../graph/tensor.js';
import type { LocalModel } from './local-model.js';
import type { RunOptions } from './options.js';
import type { ModelPort } from './ports.js';
import { Queue } from './queue.js';
import type { LayerSpikes } from './spikes.js';

interface EarlyResult {
  readonly outputs: Record<string, Tensor>;
  /** Of the steps that were run. */
  readonly spikes: readonly LayerSpikes[];
}

/** Runs a model on checked inputs until the greatest score leads the second by `margin`. */
export type EarlyStop = (
  data: readonly TypedArray[],
  margin: number,
  options: Pick<RunOptions, 'signal'>,
) => Promise<EarlyResult>;

/** Name of the output that says how many steps there were. */
const stepsName = 'steps';

function refuse(message: string): never {
  throw new SpikeletError('unsupported', message, { where: "option 'certain'" });
}

/** The output that has a score for each class, the same after a step and after all. */
function scoresOf(whole: readonly ModelPort[], step: readonly ModelPort[]): string {
  const changing = whole.find(({ shape }, i) => shape[0] !== step[i]?.shape[0]);
  if (changing) {
    refuse(`output '${changing.name}' has a value for each step: early stop needs scores of integrate nodes`);
  }
  if (whole.some(({ name }) => name === stepsName))
    refuse(`the model has an output '${stepsName}' of its own`);
  const marked = whole.filter(({ meaning }) => meaning?.kind === 'classes');
  const [scores, ...others] = marked.length > 0 ? marked : whole;
  if (!scores || others.length > 0) {
    refuse(`the model has ${whole.length} outputs: give one of them the meaning 'classes'`);
  }
  const { name, shape, dtype } = scores;
  if (dtype !== 'f32' || (shape.at(-1) ?? 0) < 2 || shape.at(-1) !== elementCount(shape)) {
    refuse(`output '${name}' is no list of two or more f32 scores`);
  }
  return name;
}

/** Steps of a whole run: of what differs between it and a single step. */
function stepsOf(model: LocalModel, step: LocalModel): number {
  const given = model.inputs.find(({ shape }, i) => shape[0] !== step.inputs[i]?.shape[0]);
  const layer = model.explain().layers.find(({ op }) => op === 'lif');
  return given?.shape[0] ?? layer?.outputShape[0] ?? refuse('the model has no lif node');
}

/** By how much the greatest score leads the second. */
function leadOf({ data }: Tensor): number {
  let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of data) {
    if (score > first) [first, second] = [score, first];
    else if (score > second) second = score;
  }
  return first - second;
}

/** Spikes of a step added to those of the steps before; how layers are computed is that of the last step. */
const added = (before: readonly LayerSpikes[], step: readonly LayerSpikes[]): readonly LayerSpikes[] =>
  step.map((own, i) =>
    own.spikes === undefined ? own : { ...own, spikes: own.spikes + (before[i]?.spikes ?? 0) },
  );

/**
 * Early stop by way of a model of one step that keeps its state. Throws `unsupported` for models whose outputs are not
 * scores summed over time, and closes that model then.
 */
export function earlyStop(model: LocalModel, step: LocalModel): EarlyStop {
  try {
    return stepByStep(model, step);
  } catch (error) {
    step.close();
    throw error;
  }
}

function stepByStep(model: LocalModel, step: LocalModel): EarlyStop {
  const queue = new Queue();
  const { inputs } = model;
  const scores = scoresOf(model.outputs, step.outputs);
  const most = stepsOf(model, step);
  const inputsAt = (data: readonly TypedArray[], t: number): Record<string, TypedArray> =>
    Object.fromEntries(
      inputs.map(({ name, shape }, i) => {
        const all = data[i] ?? new Float32Array();
        if (shape[0] === step.inputs[i]?.shape[0]) return [name, all];
        const length = all.length / most;
        return [name, all.subarray(t * length, (t + 1) * length)];
      }),
    );
  const run = async (
    data: readonly TypedArray[],
    margin: number,
    options: Pick<RunOptions, 'signal'>,
  ): Promise<EarlyResult> => {
    await step.reset();
    let spikes: readonly LayerSpikes[] = [];
    for (let t = 0; ; t++) {
      const outputs = await step.run(inputsAt(data, t), options);
      spikes = added(spikes, step.spikes);
      const own = outputs[scores];
      if (t + 1 < most && own && leadOf(own) < margin) continue;
      const steps: Tensor = { dtype: 'i32', shape: [1], data: Int32Array.of(t + 1) };
      return { outputs: { ...outputs, [stepsName]: steps }, spikes };
    }
  };
  return (data, margin, { signal }) => queue.run(() => run(data, margin, { signal }), signal);
}
