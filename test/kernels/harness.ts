import type { KernelRow } from '../../src/compile/kernels/row.js';
import { kernels } from '../../src/compile/kernels/table.js';
import { builtModules, kernelsOver } from './built.js';

export type Variant = 'simd' | 'relaxed';

type Kernel = (parameters: number, begin: number, end: number) => void;

/** Bytes around every reservation that no kernel may change. */
const guardBytes = 64;
/** Poison: 255 as u8, NaN as f32, so that results which depend on bytes read past a buffer show. */
const poison = 0xff;
const pageBytes = 65536;

/** The compiled modules of all families of kernels. */
export type Modules = readonly WebAssembly.Module[];

const compiled = new Map<Variant, Modules>();

/** The compiled modules of a built variant. */
export function cachedModules(variant: Variant): Modules {
  const modules =
    compiled.get(variant) ?? builtModules(variant).map((bytes) => new WebAssembly.Module(bytes));
  compiled.set(variant, modules);
  return modules;
}

/** Variants that this engine compiles; Node 20 has no relaxed SIMD. */
export function runnableVariants(): readonly Variant[] {
  return (['simd', 'relaxed'] as const).filter((variant) => {
    try {
      return cachedModules(variant).length > 0;
    } catch (error) {
      if (variant === 'relaxed' && error instanceof WebAssembly.CompileError) return false;
      throw new Error('run `npm run build:kernels` first', { cause: error });
    }
  });
}

export function kernelRow(name: string): KernelRow {
  const row = kernels.find((candidate) => candidate.name === name);
  if (row === undefined) throw new Error(`no kernel ${name} in the table`);
  return row;
}

interface Reservation {
  readonly pointer: number;
  readonly length: number;
}

/**
 * One linear memory with one variant of the kernels in it.
 *
 * @example
 * const sandbox = new Sandbox('simd');
 * const output = sandbox.reserve(16);
 * sandbox.run('u8_lookup', { input: sandbox.place(bytes), table: sandbox.place(table), output, count: 16 }, 1);
 * sandbox.read(Uint8Array, output, 16);
 */
export class Sandbox {
  readonly memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;
  readonly #reservations: Reservation[] = [];
  #next = 4096;

  constructor(
    readonly variant: Variant,
    bytes = 1 << 20,
    modules = cachedModules(variant),
  ) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: 65536 });
    this.#exports = kernelsOver(modules, this.memory);
    new Uint8Array(this.memory.buffer).fill(poison);
  }

  /** Forgets every reservation and poisons what they held. */
  clear(): this {
    new Uint8Array(this.memory.buffer).fill(poison, 0, this.#next);
    this.#reservations.length = 0;
    this.#next = 4096;
    return this;
  }

  /** Pointer to `bytes` poisoned bytes, 16-byte aligned, guarded on both sides. */
  reserve(bytes: number): number {
    const pointer = this.#next;
    this.#next = Math.ceil((pointer + bytes + 2 * guardBytes) / 16) * 16;
    if (this.#next > this.memory.buffer.byteLength) throw new Error(`sandbox of ${pointer} bytes is full`);
    this.#reservations.push({ pointer, length: bytes });
    return pointer;
  }

  /** Pointer to a copy of the values. */
  place(values: ArrayBufferView): number {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const pointer = this.reserve(bytes.length);
    new Uint8Array(this.memory.buffer).set(bytes, pointer);
    return pointer;
  }

  /** A copy of `length` elements at `pointer`. */
  read<T>(type: new (buffer: ArrayBuffer) => T, pointer: number, length: number): T {
    const size = (type as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
    return new type(this.memory.buffer.slice(pointer, pointer + length * size) as ArrayBuffer);
  }

  /** Pointer to a parameter block with the fields of the kernel's table row; every field must be given. */
  block(name: string, values: Readonly<Record<string, number>>): number {
    const { fields } = kernelRow(name);
    const unknown = Object.keys(values).filter((key) => !fields.some((field) => field.name === key));
    if (unknown.length > 0) throw new Error(`${name} has no field ${unknown.join(', ')}`);
    const pointer = this.reserve(fields.length * 4);
    const view = new DataView(this.memory.buffer);
    fields.forEach((field, index) => {
      const value = values[field.name];
      if (value === undefined) throw new Error(`${name} needs the field ${field.name}`);
      if (field.type === 'f32') view.setFloat32(pointer + index * 4, value, true);
      else view.setInt32(pointer + index * 4, value, true);
    });
    return pointer;
  }

  /** Runs work units 0 .. units - 1 in `parts` calls, as threads would split them, then checks the guards. */
  run(name: string, values: Readonly<Record<string, number>>, units: number, parts = 1): void {
    const kernel = this.kernel(name);
    const block = this.block(name, values);
    for (let part = parts - 1; part >= 0; part--) {
      kernel(block, Math.floor((units * part) / parts), Math.floor((units * (part + 1)) / parts));
    }
    this.#checkGuards(name);
  }

  kernel(name: string): Kernel {
    const kernel = this.#exports[name];
    if (typeof kernel !== 'function') throw new Error(`no module for ${this.variant} exports ${name}`);
    return kernel as Kernel;
  }

  #checkGuards(name: string): void {
    const bytes = new Uint8Array(this.memory.buffer);
    for (const { pointer, length } of this.#reservations) {
      for (let at = pointer + length; at < pointer + length + guardBytes; at++) {
        if (bytes[at] !== poison)
          throw new Error(`${name} wrote ${at - pointer - length} bytes past a buffer`);
      }
      for (let at = pointer - 16; at < pointer; at++) {
        if (bytes[at] !== poison) throw new Error(`${name} wrote ${pointer - at} bytes before a buffer`);
      }
    }
  }
}

const sandboxes = new Map<Modules, Sandbox>();

/** An empty sandbox of 16 MiB. There is one for each set of modules, as a new memory costs more than most tests. */
export function emptySandbox(variant: Variant, modules = cachedModules(variant)): Sandbox {
  const sandbox = sandboxes.get(modules) ?? new Sandbox(variant, 16 << 20, modules);
  sandboxes.set(modules, sandbox);
  return sandbox.clear();
}
