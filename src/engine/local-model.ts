import type { Plan, Step } from '../compile/plan.js';
import { SpikeletError } from '../error.js';
import type { Tensor, TypedArray } from '../graph/tensor.js';
import { closedError } from './closed.js';
import type { EarlyStop } from './early-stop.js';
import type { Explanation } from './explain.js';
import type { Call } from './instance.js';
import { clearCounters, clearState } from './memory.js';
import type { Model } from './model.js';
import { checkProfileOptions, checkRunOptions, type ProfileOptions, type RunOptions } from './options.js';
import { checkInputs, describePort, type ModelPort, portView, type TensorLike } from './ports.js';
import type { Profile, StepTimes } from './profile.js';
import { Queue } from './queue.js';
import { type LayerSpikes, readSpikes, withSpikes } from './spikes.js';
import { type RunControl, runSteps } from './steps.js';
import type { Stream } from './stream.js';
import type { Team } from './threads/team.js';

/** What a model keeps while it is open. */
export interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly calls: readonly Call[];
  readonly team: Team | undefined;
}

/** The parts of a plan that are needed after its constants and parameters are in memory. */
export interface Layout extends Pick<Plan, 'name' | 'inputs' | 'outputs' | 'counters' | 'state'> {
  readonly steps: readonly Pick<Step, 'layer' | 'kernel'>[];
}

type Inputs = Readonly<Record<string, TensorLike>>;

/** Opens a model of one time step that keeps its state from run to run. */
export type StepOpener = () => Promise<LocalModel>;

/** A model that runs in this thread, with or without a team of others. */
export class LocalModel implements Model {
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly #layout: Layout;
  readonly #explanation: Explanation;
  readonly #queue = new Queue();
  readonly #openStep: StepOpener;
  readonly #streams = new Set<LocalModel>();
  #engine: Engine | undefined;
  #earlyStop: Promise<EarlyStop> | undefined;
  #spikes: readonly LayerSpikes[] = [];

  constructor(layout: Layout, explanation: Explanation, engine: Engine, openStep: StepOpener) {
    this.inputs = layout.inputs.map(describePort);
    this.outputs = layout.outputs.map(describePort);
    this.#layout = layout;
    this.#explanation = explanation;
    this.#engine = engine;
    this.#openStep = openStep;
  }

  get name(): string {
    return this.#layout.name;
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Record<string, Tensor>> {
    checkRunOptions(options);
    if (options.certain !== undefined) return this.#runUntilCertain(inputs, options.certain, options);
    return this.#exclusively(inputs, options, async (engine) => {
      await this.#runOnce(engine, options);
      return this.#readOutputs(engine);
    });
  }

  async #runUntilCertain(inputs: Inputs, margin: number, options: RunOptions) {
    this.#open();
    const data = checkInputs(this.#layout, inputs).map((array) => array.slice());
    const { earlyStop } = await import('./early-stop.js');
    this.#earlyStop ??= this.openStep().then((step) => earlyStop(this, step));
    const { outputs, spikes } = await (await this.#earlyStop)(data, margin, options);
    this.#spikes = spikes;
    return outputs;
  }

  explain(): Explanation {
    if (this.#spikes.length === 0) return this.#explanation;
    return { ...this.#explanation, layers: withSpikes(this.#explanation.layers, this.#spikes) };
  }

  /** Of the last run. */
  get spikes(): readonly LayerSpikes[] {
    return this.#spikes;
  }

  async stream(): Promise<Stream> {
    const { streamOf } = await import('./stream.js');
    return streamOf(await this.openStep());
  }

  /** The model of one time step behind a stream, closed together with this one. */
  async openStep(): Promise<LocalModel> {
    this.#open();
    const step = await this.#openStep();
    if (!this.#engine) {
      step.close();
      throw closedError();
    }
    for (const other of this.#streams) if (other.#engine === undefined) this.#streams.delete(other);
    this.#streams.add(step);
    return step;
  }

  /** Forgets what neurons keep from run to run, after the calls made before. */
  async reset(): Promise<void> {
    this.#open();
    await this.#queue.run(async () => clearState(this.#open().memory, this.#layout));
  }

  async profile(inputs: Inputs, options: ProfileOptions = {}): Promise<Profile> {
    const times = await this.measure(inputs, options);
    const { profileOf } = await import('./profile.js');
    return profileOf(this.#explanation.layers, times);
  }

  /** The times behind {@link Model.profile}. */
  async measure(inputs: Inputs, options: ProfileOptions = {}): Promise<StepTimes> {
    checkProfileOptions(options);
    const runs = options.runs ?? 10;
    const { steps } = this.#layout;
    const starts = new Float64Array(runs * steps.length);
    const ends = new Float64Array(runs * steps.length);
    return this.#exclusively(inputs, options, async (engine, given) => {
      const data = given.map((array) => array.slice());
      await this.#runOnce(engine, options);
      const origin = performance.now();
      for (let run = 0; run < runs; run++) {
        this.#writeInputs(engine, data);
        await this.#runOnce(engine, options, (step, start, end) => {
          starts[run * steps.length + step] = start - origin;
          ends[run * steps.length + step] = end - origin;
        });
      }
      return { runs, steps, starts, ends, spikes: this.#spikes };
    });
  }

  close(): void {
    this.#engine?.team?.close();
    this.#engine = undefined;
    for (const stream of this.#streams) stream.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Does the work with checked inputs in memory, after the calls made before it. */
  async #exclusively<T>(
    inputs: Inputs,
    { signal }: RunOptions,
    work: (engine: Engine, data: readonly TypedArray[]) => Promise<T>,
  ): Promise<T> {
    this.#open();
    const given = checkInputs(this.#layout, inputs);
    const data = this.#queue.isIdle ? given : given.map((array) => array.slice());
    return this.#queue.run(() => {
      const engine = this.#open();
      this.#writeInputs(engine, data);
      return work(engine, data);
    }, signal);
  }

  #open(): Engine {
    if (!this.#engine) throw closedError();
    return this.#engine;
  }

  async #runOnce(engine: Engine, { signal }: RunOptions, onStep?: RunControl['onStep']): Promise<void> {
    const control: RunControl = {
      signal,
      isClosed: () => this.#engine === undefined,
      ...(onStep && { onStep }),
    };
    signal?.throwIfAborted();
    clearCounters(engine.memory, this.#layout);
    try {
      await (engine.team ? engine.team.run(engine.calls, control) : runSteps(engine.calls, control));
      this.#spikes = readSpikes(engine.memory, this.#layout.counters);
    } catch (error) {
      if (!signal?.aborted || engine.team?.lost || error instanceof WebAssembly.RuntimeError) this.close();
      throw error instanceof WebAssembly.RuntimeError ? trapError(error) : error;
    }
  }

  #writeInputs({ memory }: Engine, data: readonly TypedArray[]): void {
    this.#layout.inputs.forEach((port, i) => {
      const values = data[i];
      if (values) portView(memory, port).set(values);
    });
  }

  #readOutputs({ memory }: Engine): Record<string, Tensor> {
    return Object.fromEntries(
      this.#layout.outputs.map((port) => {
        const { dtype, shape } = port.type;
        return [port.description.name, { dtype, shape, data: portView(memory, port).slice() }];
      }),
    );
  }
}

/** Kernels are given nothing that can make them trap: if one does, the package has a mistake. */
const trapError = (cause: WebAssembly.RuntimeError): SpikeletError =>
  new SpikeletError('internal', `a kernel failed (${cause.message}): please report it`, { cause });
