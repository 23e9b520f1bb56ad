import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanUnits } from '../../../src/compile/kernels/tensor-units.js';
import { requantize, ulpDistance } from './arithmetic.js';
import { byte, bytesFrom, float, floatsFrom, length, scale, seed } from './generate.js';
import { run, runFloats } from './run.js';

const f = Math.fround;

/** How an operand meets the output: its strides, and the elements it needs. */
interface Operand {
  readonly strides: readonly number[];
  readonly elements: number;
}

interface Broadcast {
  readonly sizes: readonly number[];
  readonly a: Operand;
  readonly b: Operand;
  readonly seed: number;
}

function operandOf(
  sizes: readonly number[],
  repeated: readonly boolean[],
  order: readonly number[],
): Operand {
  const strides = new Array<number>(sizes.length).fill(0);
  let elements = 1;
  for (const axis of order) {
    if (repeated[axis]) continue;
    strides[axis] = elements;
    elements *= sizes[axis] ?? 1;
  }
  return { strides, elements };
}

const innermostFirst = [4, 3, 2, 1, 0];
const flags = fc.array(fc.boolean(), { minLength: 5, maxLength: 5 });

/** Five dimensions, either operand repeated along any of them, now and then with its dimensions in another order. */
const general: fc.Arbitrary<Broadcast> = fc
  .record({
    sizes: fc.tuple(
      ...[1, 2, 3, 4].map((max) => fc.integer({ min: 1, max })),
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 200)),
    ),
    ...{ repeatA: flags, repeatB: flags, seed },
    order: fc.oneof(fc.constant(innermostFirst), fc.shuffledSubarray(innermostFirst, { minLength: 5 })),
  })
  .map(({ sizes, repeatA, repeatB, order, seed }) => ({
    ...{ sizes, seed },
    a: operandOf(sizes, repeatA, innermostFirst),
    b: operandOf(sizes, repeatB, order),
  }));

/** Same shape, scalars, a channel vector over rows: the fast paths, over several work units. */
const common: fc.Arbitrary<Broadcast> = fc
  .record({ rows: fc.constantFrom(1, 2, 5), length, repeatA: fc.boolean(), repeatB: fc.nat(2), seed })
  .map(({ rows, length, repeatA, repeatB, seed }) => {
    const sizes = [1, 1, 1, rows, length];
    const a = operandOf(sizes, [false, false, false, repeatA, repeatA], innermostFirst);
    return {
      sizes,
      a,
      b: operandOf(sizes, [false, false, false, repeatB > 0, repeatB > 1], innermostFirst),
      seed,
    };
  });

const shape = fc.oneof(general, common);

/** Element numbers of both operands for each element of the output. */
function pairs({ sizes, a, b }: Broadcast): [number, number][] {
  let list: [number, number][] = [[0, 0]];
  sizes.forEach((size, axis) => {
    const steps = Array.from({ length: size }, (_, i) => i);
    const [x = 0, y = 0] = [a.strides[axis], b.strides[axis]];
    list = list.flatMap(([i, j]) => steps.map((step): [number, number] => [i + step * x, j + step * y]));
  });
  return list;
}

function numbersOf({ sizes, a, b }: Broadcast): Record<string, number> {
  const numbers: Record<string, number> = {};
  sizes.forEach((size, i) => {
    numbers[`size${i}`] = size;
    numbers[`aStride${i}`] = a.strides[i] ?? 0;
    numbers[`bStride${i}`] = b.strides[i] ?? 0;
  });
  return numbers;
}

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  f32_add: (a, b) => a + b,
  f32_sub: (a, b) => a - b,
  f32_mul: (a, b) => a * b,
  f32_div: (a, b) => a / b,
  f32_min: Math.min,
  f32_max: Math.max,
};

const specialValues = fc.array(fc.oneof(float, fc.constant(NaN)), { maxLength: 12 });

/** Seeded data with some chosen values among it. */
function floatsWith(seed: number, count: number, chosen: readonly number[]): Float32Array {
  const data = floatsFrom(seed, count);
  chosen.forEach((value, i) => {
    data[(i * 7919) % count] = value;
  });
  return data;
}

describe.each(Object.entries(operations))('%s', (kernel, operation) => {
  it('equals the clamped f32 operation for any broadcast', () => {
    const limits = fc.constantFrom<[number, number]>(
      [-Infinity, Infinity],
      [0, Infinity],
      [0, 6],
      [-1.5, 2.25],
    );
    fc.assert(
      fc.property(shape, limits, specialValues, (s, [minimum, maximum], chosen) => {
        const a = floatsWith(s.seed, s.a.elements, chosen);
        const b = floatsWith(s.seed + 1, s.b.elements, chosen.slice(3));
        const expected = Float32Array.from(pairs(s), ([i, j]) =>
          Math.min(Math.max(f(operation(a[i] ?? 0, b[j] ?? 0)), minimum), maximum),
        );
        const numbers = { ...numbersOf(s), minimum, maximum };
        const units = spanUnits(expected.length);
        const actual = runFloats({
          kernel,
          inputs: { a, b },
          outputBytes: expected.byteLength,
          numbers,
          units,
        });
        const at = actual.findIndex(
          (x, i) => x !== expected[i] && !(Number.isNaN(x) && Number.isNaN(expected[i])),
        );
        expect([at, actual[at]]).toEqual([-1, undefined]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('f32_pow', () => {
  const base = fc.oneof(float, fc.integer({ min: -12, max: 12 }), fc.constant(NaN));
  const exponent = fc.oneof(
    base,
    fc.constantFrom(0.5, 2, 3, -1, 1 / 3, 100, 16777216, 16777217, 5e-8).map(f),
  );

  it('is within one unit in the last place of Math.pow', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(base, exponent), { minLength: 1, maxLength: 40 }), (list) => {
        const a = Float32Array.from(list, ([x]) => x);
        const b = Float32Array.from(list, ([, y]) => y);
        const numbers = {
          ...numbersOf({ sizes: [1, 1, 1, 1, list.length], a: unit, b: unit, seed: 0 }),
          ...{ minimum: -Infinity, maximum: Infinity },
        };
        const actual = runFloats({
          kernel: 'f32_pow',
          inputs: { a, b },
          outputBytes: a.byteLength,
          numbers,
          units: 1,
        });
        actual.forEach((value, i) => {
          const [x = 0, y = 0] = [a[i], b[i]];
          // C's pow says 1 where Math.pow says NaN.
          const one = x === 1 || (x === -1 && Math.abs(y) === Infinity);
          const expected = one ? 1 : f(x ** y);
          expect(
            ulpDistance(value, expected),
            `${x} ** ${y} = ${value}, not ${expected}`,
          ).toBeLessThanOrEqual(1);
        });
      }),
      { numRuns: 500 },
    );
  });
  const unit: Operand = { strides: [0, 0, 0, 0, 1], elements: 0 };
});

describe('u8 binary', () => {
  const range = fc
    .record({ aZeroPoint: byte, bZeroPoint: byte, aMultiplier: scale, bMultiplier: scale, zeroPoint: byte })
    .chain((r) =>
      fc.tuple(byte, byte).map(([x, y]) => ({ ...r, minimum: Math.min(x, y), maximum: Math.max(x, y) })),
    );
  type Range = typeof range extends fc.Arbitrary<infer T> ? T : never;

  const formulas: Readonly<Record<string, (x: number, y: number, r: Range) => number>> = {
    u8_add: (x, y, r) => f(f(x * r.aMultiplier) + f(y * r.bMultiplier)),
    u8_sub: (x, y, r) => f(f(x * r.aMultiplier) - f(y * r.bMultiplier)),
    u8_mul: (x, y, r) => f(f(x * y) * r.aMultiplier),
  };

  it.each(Object.entries(formulas))('%s is exact for any broadcast', (kernel, formula) => {
    fc.assert(
      fc.property(shape, range, (s, r) => {
        const a = bytesFrom(s.seed, s.a.elements);
        const b = bytesFrom(s.seed + 1, s.b.elements);
        const expected = Uint8Array.from(pairs(s), ([i, j]) =>
          requantize(formula((a[i] ?? 0) - r.aZeroPoint, (b[j] ?? 0) - r.bZeroPoint, r), r),
        );
        const numbers = { ...numbersOf(s), ...r };
        const units = spanUnits(expected.length);
        const actual = run({ kernel, inputs: { a, b }, outputBytes: expected.length, numbers, units });
        expect(Buffer.compare(actual, expected)).toBe(0);
      }),
    );
  });

  it('rounds ties to even', () => {
    const a = Uint8Array.from({ length: 256 }, (_, i) => i);
    const s = { sizes: [1, 1, 1, 1, 256], a: dense, b: { strides: [0, 0, 0, 0, 0], elements: 1 }, seed: 0 };
    const r = {
      aZeroPoint: 0,
      bZeroPoint: 0,
      aMultiplier: 0.5,
      bMultiplier: 1,
      zeroPoint: 0,
      minimum: 0,
      maximum: 255,
    };
    const numbers = { ...numbersOf(s), ...r };
    const actual = run({
      kernel: 'u8_add',
      inputs: { a, b: Uint8Array.of(0) },
      outputBytes: 256,
      numbers,
      units: 1,
    });
    expect([...actual.slice(0, 8)]).toEqual([0, 0, 1, 2, 2, 2, 3, 4]);
  });
  const dense: Operand = { strides: [0, 0, 0, 0, 1], elements: 256 };

  it('may run in place', () => {
    fc.assert(
      fc.property(length, seed, range, (count, seed, r) => {
        const a = bytesFrom(seed, count);
        const b = bytesFrom(seed + 1, count);
        const s = { sizes: [1, 1, 1, 1, count], a: dense, b: dense, seed };
        const call = {
          kernel: 'u8_add',
          inputs: { a, b },
          outputBytes: count,
          numbers: { ...numbersOf(s), ...r },
        };
        const expected = run({ ...call, units: spanUnits(count) });
        expect(run({ ...call, units: spanUnits(count), inPlace: 'a' })).toEqual(expected);
        expect(run({ ...call, units: spanUnits(count), inPlace: 'b' })).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});
