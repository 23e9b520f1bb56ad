import type { DotProduct } from '../../compile/plan.js';
import { createMemory } from '../memory.js';

// A module with one function, `(steps: i32) => void`, that runs the loop of the integer kernels:
//   accumulator = v128.load(0)
//   for (address = 16; steps > 0; steps--, address += 32)
//     accumulator = relaxed_dot_add(v128.load(address), v128.load(address + 16), accumulator)
//   v128.store(0, accumulator)
const loopCode = [
  [0x02, 0x01, 0x7f, 0x01, 0x7b], // locals: 1 address i32, 2 accumulator v128
  [0x41, 0x00, 0xfd, 0x00, 0x04, 0x00, 0x21, 0x02], // accumulator = v128.load(0)
  [0x41, 0x10, 0x21, 0x01], // address = 16
  [0x02, 0x40, 0x03, 0x40, 0x20, 0x00, 0x45, 0x0d, 0x01], // block, loop: leave when steps is zero
  [0x20, 0x01, 0xfd, 0x00, 0x04, 0x00, 0x20, 0x01, 0xfd, 0x00, 0x04, 0x10], // load address, address + 16
  [0x20, 0x02, 0xfd, 0x93, 0x02, 0x21, 0x02], // i32x4.relaxed_dot_i8x16_i7x16_add_s
  [0x20, 0x01, 0x41, 0x20, 0x6a, 0x21, 0x01, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x21, 0x00], // address += 32, steps--
  [0x0c, 0x00, 0x0b, 0x0b], // continue
  [0x41, 0x00, 0x20, 0x02, 0xfd, 0x0b, 0x04, 0x00, 0x0b], // v128.store(0, accumulator)
].flat();

const relaxedLoop = new Uint8Array(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    [0x01, 0x05, 0x01, 0x60, 0x01, 0x7f, 0x00], // type: (i32) -> ()
    [0x02, 0x0c, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x03, 0x6d, 0x65, 0x6d, 0x02, 0x00, 0x01], // import env.mem
    [0x03, 0x02, 0x01, 0x00],
    [0x07, 0x07, 0x01, 0x03, 0x72, 0x75, 0x6e, 0x00, 0x00], // export run
    [0x0a, loopCode.length + 2, 0x01, loopCode.length, ...loopCode],
  ].flat(),
);

/** `(module (func (result v128) i32.const 0 i8x16.splat))` */
const fixedSimd = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00, 0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b],
]);

export const supportsSimd = (): boolean => typeof WebAssembly === 'object' && WebAssembly.validate(fixedSimd);

/** `accumulator[lane] += sum of 4 products of weights (signed bytes) and activations (bytes)`, `steps` times. */
export type DotLoop = (accumulator: Int32Array, weights: Int8Array, activations: Uint8Array) => Int32Array;

/** The loop as this engine compiles it; `undefined` where relaxed SIMD is missing. */
export function relaxedDotLoop(): DotLoop | undefined {
  if (!WebAssembly.validate(relaxedLoop)) return undefined;
  const memory = createMemory(1, false, Number.POSITIVE_INFINITY);
  // Small enough to compile at once even in the page's own thread.
  const module = new WebAssembly.Module(relaxedLoop);
  const { run } = new WebAssembly.Instance(module, { env: { mem: memory } }).exports;
  if (typeof run !== 'function') return undefined;
  return (accumulator, weights, activations) => {
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(new Uint8Array(accumulator.buffer, accumulator.byteOffset, 16));
    for (let i = 0; i < weights.length; i += 16) {
      bytes.set(new Uint8Array(weights.buffer, weights.byteOffset + i, 16), 16 + 2 * i);
      bytes.set(activations.subarray(i, i + 16), 32 + 2 * i);
    }
    run(weights.length / 16);
    return new Int32Array(memory.buffer.slice(0, 16));
  };
}

interface Question {
  readonly accumulator: Int32Array;
  readonly weights: Int8Array;
  readonly activations: Uint8Array;
}

/** Extreme values, where 16-bit intermediate sums would saturate, and long mixed loops, which lose accumulators. */
function questions(): readonly Question[] {
  const accumulator = Int32Array.of(0, 1_000_003, -70_001, 5);
  const constant = (weight: number, activation: number): Question => ({
    accumulator,
    weights: new Int8Array(32).fill(weight),
    activations: new Uint8Array(32).fill(activation),
  });
  const length = 16 * 48;
  const mixed: Question = {
    accumulator,
    weights: Int8Array.from({ length }, (_, i) => (i * 89 + (i >> 4) * 31) & 255),
    activations: Uint8Array.from({ length }, (_, i) => (i * 151 + (i >> 3) * 77 + 128) & 255),
  };
  return [constant(-128, 255), constant(127, 255), constant(-128, 128), constant(127, 3), mixed];
}

function answer(question: Question, activationSign: 'signed' | 'unsigned'): Int32Array {
  const sums = question.accumulator.slice();
  question.weights.forEach((weight, i) => {
    const raw = question.activations[i] ?? 0;
    const activation = activationSign === 'signed' ? (raw << 24) >> 24 : raw;
    const lane = (i >> 2) & 3;
    sums[lane] = (sums[lane] ?? 0) + weight * activation;
  });
  return sums;
}

/**
 * Which exact dot product the loop computes: signed weights with unsigned (`usdot`) or signed (`sdot`) activations.
 * `undefined` where it is neither on every question, so that the relaxed kernels would give wrong sums.
 */
export function meaningOfDot(loop: DotLoop): Exclude<DotProduct, 'i16'> | undefined {
  const agrees = (sign: 'signed' | 'unsigned'): boolean =>
    questions().every((question) => {
      const wanted = answer(question, sign);
      const got = loop(question.accumulator, question.weights, question.activations);
      return wanted.every((value, lane) => value === got[lane]);
    });
  if (agrees('unsigned')) return 'usdot';
  return agrees('signed') ? 'sdot' : undefined;
}
