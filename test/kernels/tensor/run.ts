import { expect } from 'vitest';
import { kernelRow } from '../harness.js';
import { kernelVariants, type Variant } from './variants.js';

type Bytes = Uint8Array | Int32Array | Float32Array;

/** A kernel call over buffers: what it reads, how long its output is, its numbers. */
export interface Call {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Bytes>>;
  readonly outputBytes: number;
  readonly numbers: Readonly<Record<string, number>>;
  readonly units: number;
  /** Bytes that a pointer lies past the start of its buffer. */
  readonly offsets?: Readonly<Record<string, number>>;
  /** Name of the input that the output replaces. */
  readonly inPlace?: string;
}

const guardBytes = 64;
/** Bytes around every buffer, NaN or large as f32: results that depend on them show. */
const guards = [0xff, 0x7f] as const;
/** What output bytes hold that no kernel has written. */
export const untouched = 0xcd;
const otherUntouched = 0x32;

const view = (array: Bytes): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const align = (address: number): number => Math.ceil(address / 16) * 16;

interface Placed {
  readonly addresses: ReadonlyMap<string, number>;
  readonly end: number;
}

/** Buffers one after the other with guard bytes around each. */
function place(call: Call): Placed {
  const addresses = new Map<string, number>();
  let next = align(1024 + guardBytes);
  const add = (name: string, bytes: number): void => {
    addresses.set(name, next);
    next = align(next + bytes + guardBytes);
  };
  for (const [name, array] of Object.entries(call.inputs)) add(name, array.byteLength);
  if (call.inPlace === undefined) add('output', call.outputBytes);
  else addresses.set('output', addresses.get(call.inPlace) ?? 0);
  return { addresses, end: next };
}

function writeParameters(memory: DataView, call: Call, placed: Placed, address: number): void {
  const given = new Set([...placed.addresses.keys(), ...Object.keys(call.numbers)]);
  kernelRow(call.kernel).fields.forEach((field, i) => {
    given.delete(field.name);
    const start = placed.addresses.get(field.name) ?? call.numbers[field.name];
    const value = start === undefined ? start : start + (call.offsets?.[field.name] ?? 0);
    if (value === undefined) throw new Error(`${call.kernel} needs ${field.name}`);
    if (field.type === 'f32') memory.setFloat32(address + 4 * i, value, true);
    else memory.setInt32(address + 4 * i, value, true);
  });
  if (given.size > 0) throw new Error(`${call.kernel} has no ${[...given].join(', ')}`);
}

function reset(bytes: Uint8Array, call: Call, placed: Placed, guard: number): void {
  bytes.fill(guard, 1024, placed.end);
  const output = placed.addresses.get('output') ?? 0;
  bytes.fill(untouched, output, output + call.outputBytes);
  for (const [name, array] of Object.entries(call.inputs)) bytes.set(view(array), placed.addresses.get(name));
}

/** Everything but the output is as it was: guards and inputs. */
function checkSurroundings(
  bytes: Uint8Array,
  call: Call,
  placed: Placed,
  guard: number,
  variant: string,
): void {
  const after = bytes.slice(0, placed.end);
  const expected = after.slice();
  reset(expected, call, placed, guard);
  const output = placed.addresses.get('output') ?? 0;
  expected.set(after.subarray(output, output + call.outputBytes), output);
  const at = Buffer.compare(after, expected) === 0 ? -1 : after.findIndex((byte, i) => byte !== expected[i]);
  expect(at, `${call.kernel}, ${variant}: first byte changed outside the output`).toBe(-1);
}

/** Which output bytes the work units [begin, end) write: those that do not keep what they held. */
function writtenBy(call: Call, variant: Variant, begin: number, end: number): boolean[] {
  const placed = place(call);
  const bytes = variant.bytes(placed.end);
  const output = placed.addresses.get('output') ?? 0;
  const results = [untouched, otherUntouched].map((held) => {
    reset(bytes, call, placed, guards[0]);
    bytes.fill(held, output, output + call.outputBytes);
    writeParameters(new DataView(bytes.buffer), call, placed, 512);
    variant.kernel(call.kernel)(512, begin, end);
    return bytes.slice(output, output + call.outputBytes);
  });
  const [first, second] = results;
  return Array.from(
    { length: call.outputBytes },
    (_, i) => first?.[i] !== untouched || second?.[i] !== otherUntouched,
  );
}

/** Work units write bytes of their own only, so that threads may share a call. */
function checkUnitsAreApart(call: Call, variant: Variant): void {
  if (call.inPlace !== undefined || call.units < 2) return;
  const middle = call.units >> 1;
  const before = writtenBy(call, variant, 0, middle);
  const twice = writtenBy(call, variant, middle, call.units).findIndex((written, i) => written && before[i]);
  expect(twice, `${call.kernel}: first byte written by units on both sides of ${middle}`).toBe(-1);
}

/**
 * Output of a kernel call in every variant that this engine runs. Checks that variants agree, that work units may be
 * split and done in another order, write nothing that others write, and that nothing but the output is written.
 */
export function run(call: Call): Uint8Array {
  let first: Uint8Array | undefined;
  for (const variant of kernelVariants) {
    const placed = place(call);
    const bytes = variant.bytes(placed.end);
    const memory = new DataView(bytes.buffer);
    const kernel = variant.kernel(call.kernel);
    const splits = [...new Set([call.units, 1, call.units >> 1])].filter((split) => split <= call.units);
    for (const [turn, split] of splits.entries()) {
      const guard = guards[turn % 2] ?? 0;
      reset(bytes, call, placed, guard);
      writeParameters(memory, call, placed, 512);
      if (split < call.units) kernel(512, split, call.units);
      kernel(512, 0, split);
      checkSurroundings(bytes, call, placed, guard, variant.name);
      const output = placed.addresses.get('output') ?? 0;
      const result = bytes.slice(output, output + call.outputBytes);
      first ??= result;
      const same = Buffer.compare(result, first) === 0;
      expect(same, `${call.kernel}, ${variant.name}, split at ${split} of ${call.units}: other bytes`).toBe(
        true,
      );
    }
  }
  const [variant] = kernelVariants;
  if (first === undefined || variant === undefined) throw new Error('no kernel variant runs here');
  checkUnitsAreApart(call, variant);
  return first;
}

/** {@link run} for f32 outputs. */
export function runFloats(call: Call): Float32Array {
  return new Float32Array(run(call).buffer);
}
