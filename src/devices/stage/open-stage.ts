import { load, type Tensor } from '../../index.js';
import { checkPart, checkTrusted, greatestHeader, headerOf, type Trust } from '../trust.js';
import type { Assignment, FileReference } from '../wire/messages.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** What computes a stage. */
export interface StageModel {
  run(inputs: Tensors): Promise<Tensors>;
  close(): void;
}

export type Fetch = (file: FileReference) => Promise<Uint8Array>;

/** Makes what computes a stage. */
export type OpenStage = (assignment: Assignment, fetch: Fetch) => Promise<StageModel>;

/**
 * Loads a stage in a worker, so that the device answers while it computes. Throws `unsupported` for a model that is not
 * trusted and `invalid-model` for a stage that is not a part of it, before any of it is used.
 */
export const openStage =
  (trust: Trust, memoryLimit: number): OpenStage =>
  async ({ model, file }, fetch) => {
    checkTrusted(model.sha256, trust);
    const header = await fetch({ ...model, bytes: Math.min(model.bytes, greatestHeader) });
    const bytes = await fetch(file);
    checkPart(bytes, headerOf(header));
    const loaded = await load(bytes, { worker: true, memoryLimit });
    return { run: (inputs) => loaded.run(inputs), close: () => loaded.close() };
  };
