import type { ExtraFamily } from '../../compile/families.js';
import type { ErrorCode } from '../../error.js';
import { reasonOf, SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Explanation } from '../explain.js';
import type { Kernels } from '../kernels/choose.js';
import type { Progress } from '../options.js';
import type { ModelPort, TensorLike } from '../ports.js';
import type { StepTimes } from '../profile.js';
import type { LayerSpikes } from '../spikes.js';

/** What the page has decided before the worker opens the model. */
export interface OpenRequest {
  readonly source: string | Uint8Array | Graph;
  readonly kernels: Kernels;
  readonly memoryLimit: number | undefined;
  readonly wantsProgress: boolean;
}

/** What the page keeps of a model that is open in a worker. */
export interface OpenedModel {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly explanation: Explanation;
}

/** A stream that is open in a worker, by the number that later calls name it by. */
export interface OpenedStream {
  readonly stream: number;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
}

export interface RunResult {
  readonly outputs: Record<string, Tensor>;
  readonly spikes: readonly LayerSpikes[];
}

/** An error as it crosses to the page, which makes a {@link SpikeletError} of it again. */
export interface WireError {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly message: string;
}

export type Reply<T> = { readonly value: T } | { readonly error: WireError };

/** The worker's side. `call` is a number of the page's choosing by which {@link ModelServer.abort} names a call. */
export interface ModelServer {
  /** Answers once the worker's script runs. */
  ready(): true;
  open(call: number, request: OpenRequest): Promise<Reply<OpenedModel>>;
  run(
    call: number,
    inputs: Readonly<Record<string, TensorLike>>,
    stoppable: boolean,
    certain?: number,
  ): Promise<Reply<RunResult>>;
  openStream(call: number): Promise<Reply<OpenedStream>>;
  step(
    call: number,
    stream: number,
    inputs: Readonly<Record<string, TensorLike>>,
    stoppable: boolean,
  ): Promise<Reply<RunResult>>;
  resetStream(call: number, stream: number): Promise<Reply<true>>;
  closeStream(stream: number): void;
  measure(
    call: number,
    inputs: Readonly<Record<string, TensorLike>>,
    runs: number | undefined,
    stoppable: boolean,
  ): Promise<Reply<StepTimes>>;
  abort(call: number): void;
  /** Answers a {@link FamilyMessage}. */
  provide(family: ExtraFamily, module: Reply<WebAssembly.Module>): void;
}

/** A message outside of calls. */
export interface ProgressMessage {
  readonly progress: Progress;
}

/** Asks the page for kernels of a family, outside of calls: it is the page that knows where they come from. */
export interface FamilyMessage {
  readonly family: ExtraFamily;
}

export const isFamilyMessage = (message: unknown): message is FamilyMessage =>
  typeof message === 'object' && message !== null && 'family' in message;

export const isProgressMessage = (message: unknown): message is ProgressMessage =>
  typeof message === 'object' && message !== null && 'progress' in message;

export function toWire(error: unknown): WireError {
  if (error instanceof SpikeletError) {
    return { code: error.code, where: error.where, message: reasonOf(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', where: undefined, message };
}

export function fromWire({ code, where, message }: WireError): SpikeletError {
  return new SpikeletError(code, message, where === undefined ? {} : { where });
}
