import type { TypedArray } from '../graph/tensor.js';
import type { Layer, Region } from './plan.js';

/** A range of linear memory whose address is decided once every call is known. */
export interface Buffer {
  readonly name: string;
  readonly region: Extract<Region, 'constants' | 'arena' | 'scratch'>;
  readonly bytes: number;
  /** Contents of a constant. */
  readonly contents?: Uint8Array;
}

/** A place inside a buffer. */
export interface Pointer {
  readonly buffer: Buffer;
  readonly offset: number;
}

export type Argument = number | Pointer;

/** A kernel call whose pointers are still symbolic. */
export interface Call {
  readonly layer: number;
  readonly kernel: string;
  readonly units: number;
  readonly parameters: Readonly<Record<string, Argument>>;
}

/** Two buffers that may share one address because the first is last read by the call that writes the second. */
export interface Reuse {
  readonly input: Buffer;
  readonly output: Buffer;
  readonly call: number;
}

export const pointer = (buffer: Buffer, offset = 0): Pointer => ({ buffer, offset });

export const isPointer = (argument: Argument): argument is Pointer => typeof argument === 'object';

export const nowhere = 0;

/** Bytes of an array, without a copy. */
export const bytesOf = (data: TypedArray): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Tables up to this size are compared with earlier ones and shared. */
const sharedBytes = 16384;

/** The calls of a model in order, with the buffers they use: what lowering writes and memory planning reads. */
export class Program {
  readonly calls: Call[] = [];
  readonly layers: Layer[] = [];
  readonly reuses: Reuse[] = [];
  readonly constants: Buffer[] = [];
  readonly #shared = new Map<string, Buffer>();
  #layerBytes = 0;
  #nonZero = 0;
  #weights = 0;

  /** Starts a layer: calls and constants that follow belong to it. */
  beginLayer(layer: Omit<Layer, 'constantBytes' | 'density'>): void {
    this.#layerBytes = 0;
    this.#nonZero = 0;
    this.#weights = 0;
    this.layers.push({ ...layer, constantBytes: 0, density: 1 });
  }

  /** Counts integer weights of the layer towards its density. */
  countWeights(nonZero: number, weights: number): void {
    this.#nonZero += nonZero;
    this.#weights += weights;
    this.#updateLayer({ density: this.#nonZero / this.#weights });
  }

  constant(name: string, data: TypedArray): Pointer {
    const contents = bytesOf(data);
    const key = contents.length <= sharedBytes ? contents.join() : undefined;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known) return pointer(known);
    const buffer: Buffer = { name, region: 'constants', bytes: contents.length, contents };
    this.constants.push(buffer);
    if (key !== undefined) this.#shared.set(key, buffer);
    this.#countConstant(contents.length);
    return pointer(buffer);
  }

  buffer(name: string, bytes: number): Buffer {
    return { name, region: 'arena', bytes };
  }

  scratch(name: string, bytes: number): Buffer {
    return { name, region: 'scratch', bytes };
  }

  call(kernel: string, units: number, parameters: Readonly<Record<string, Argument>>): void {
    this.calls.push({ layer: this.layers.length - 1, kernel, units, parameters });
  }

  /** Allows the call made last to write `output` over `input`. */
  mayOverwrite(input: Buffer, output: Buffer): void {
    this.reuses.push({ input, output, call: this.calls.length - 1 });
  }

  #countConstant(bytes: number): void {
    this.#layerBytes += bytes;
    this.#updateLayer({ constantBytes: this.#layerBytes });
  }

  #updateLayer(change: Partial<Layer>): void {
    const layer = this.layers.at(-1);
    if (layer) this.layers[this.layers.length - 1] = { ...layer, ...change };
  }
}
