import { SpikeletError } from '../error.js';
import type { Contents } from './pack/contents.js';
import type { Layer, Region } from './plan.js';

/** A range of linear memory whose address is decided once every call is known. */
export interface Buffer {
  readonly name: string;
  readonly region: Extract<Region, 'constants' | 'arena' | 'scratch'>;
  readonly bytes: number;
  /** What a constant starts with; none where a packing call writes it. */
  readonly contents?: Contents;
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

/** A kernel call that packs weights into constants before the first run; it reads `source` a few units at a time. */
export interface PackingCall {
  readonly kernel: string;
  readonly units: number;
  readonly source: Int8Array;
  /** Bytes of `source` that a unit reads. */
  readonly unitBytes: number;
  /** Bytes that the kernel's field `scratch` points to. */
  readonly scratchBytes: number;
  /** All fields but `source` and `scratch`. */
  readonly parameters: Readonly<Record<string, Argument>>;
}

/** A number of spikes, or of entries in a list, that a kernel adds up during a run. */
export interface Counter {
  /** The spikes that are counted. */
  readonly value: string;
  readonly layer: number;
  readonly neurons: number;
  /** Most entries that are gone through one by one; none for spikes. */
  readonly mostEntries?: number | undefined;
  readonly at: Pointer;
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
export const bytesOf = (data: ArrayBufferView): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Tables up to this size are compared with earlier ones and shared. */
const sharedBytes = 16384;

/** Different tables of one length that are kept for comparison. */
const mostAlike = 256;

interface SharedTable {
  readonly bytes: Uint8Array;
  readonly at: Pointer;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

/** The calls of a model in order, with the buffers they use: what lowering writes and memory planning reads. */
export class Program {
  readonly calls: Call[] = [];
  readonly packings: PackingCall[] = [];
  readonly layers: Layer[] = [];
  readonly reuses: Reuse[] = [];
  readonly constants: Buffer[] = [];
  /** What outlives a run without being constant: nothing else takes its place. */
  readonly states: Buffer[] = [];
  readonly counters: Counter[] = [];
  /** Tables by their length. */
  readonly #shared = new Map<number, SharedTable[]>();
  readonly #memoryLimit: number;
  #layerBytes = 0;
  #constantBytes = 0;

  /** A program whose constants may take `memoryLimit` bytes: tables of a hostile model would take any number. */
  constructor(memoryLimit = Infinity) {
    this.#memoryLimit = memoryLimit;
  }

  /** Starts a layer: calls and constants that follow belong to it. */
  beginLayer(layer: Omit<Layer, 'constantBytes'>): void {
    this.#layerBytes = 0;
    this.layers.push({ ...layer, constantBytes: 0 });
  }

  /** A constant that may be the same as an equal one. */
  constant(name: string, data: ArrayBufferView): Pointer {
    const bytes = bytesOf(data);
    const alike = this.#shared.get(bytes.length) ?? [];
    const known = alike.find((table) => sameBytes(table.bytes, bytes));
    if (known) return known.at;
    const at = this.ownConstant(name, bytes.length, { kind: 'bytes', bytes });
    if (bytes.length <= sharedBytes && alike.length < mostAlike) {
      alike.push({ bytes, at });
      this.#shared.set(bytes.length, alike);
    }
    return at;
  }

  /** A constant that is no other one. Without `contents`, a packing call writes it. */
  ownConstant(name: string, bytes: number, contents?: Contents): Pointer {
    const buffer: Buffer = { name, region: 'constants', bytes, ...(contents && { contents }) };
    this.constants.push(buffer);
    this.#layerBytes += bytes;
    this.#constantBytes += bytes;
    if (this.#constantBytes > this.#memoryLimit) {
      const message = `weights and tables need more than the limit of ${this.#memoryLimit} bytes: raise memoryLimit`;
      throw new SpikeletError('out-of-memory', message, { where: name });
    }
    const layer = this.layers.at(-1);
    if (layer) this.layers[this.layers.length - 1] = { ...layer, constantBytes: this.#layerBytes };
    return pointer(buffer);
  }

  /** Memory that keeps its contents from run to run. */
  state(name: string, bytes: number): Pointer {
    const buffer: Buffer = { name, region: 'constants', bytes };
    this.states.push(buffer);
    return pointer(buffer);
  }

  /** Where the layer counts the spikes of a value, or the entries of a list of them, from 0 in every run. */
  counter(value: string, neurons: number, mostEntries?: number): Pointer {
    const at = pointer({ name: `${value}.spikes`, region: 'constants', bytes: 4 });
    this.counters.push({ value, layer: this.layers.length - 1, neurons, mostEntries, at });
    return at;
  }

  /** Has a kernel pack weights before the first run. */
  pack(packing: PackingCall): void {
    this.packings.push(packing);
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
}
