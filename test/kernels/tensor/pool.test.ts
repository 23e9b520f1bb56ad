import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageMultipliers } from '../../../src/compile/kernels/tensor-tables.js';
import { requantize } from './arithmetic.js';
import { byte, bytesFrom, floatsFrom, scale, seed } from './generate.js';
import { run, runFloats, untouched } from './run.js';

const axis = fc
  .record({
    size: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    before: fc.integer({ min: 0, max: 3 }),
    after: fc.integer({ min: 0, max: 3 }),
    extra: fc.integer({ min: 0, max: 1 }),
  })
  .map((a) => {
    const room = a.size + a.before + a.after - (a.kernel - 1) * a.dilation - 1;
    return { ...a, out: Math.max(0, Math.floor(room / a.stride)) + 1 + a.extra };
  });

const pool = fc.record({
  images: fc.integer({ min: 1, max: 2 }),
  channels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 100)),
  inputGap: fc.integer({ min: 0, max: 3 }),
  outputGap: fc.integer({ min: 0, max: 3 }),
  y: axis,
  x: axis,
  countPadding: fc.integer({ min: 0, max: 1 }),
  seed,
});

type Pool = typeof pool extends fc.Arbitrary<infer T> ? T : never;
type Axis = Pool['y'];

const positions = (a: Axis, out: number): number[] =>
  Array.from({ length: a.kernel }, (_, tap) => out * a.stride - a.before + tap * a.dilation);
const inside = (a: Axis, out: number): number[] => positions(a, out).filter((p) => p >= 0 && p < a.size);
const counted = (p: Pool, a: Axis, out: number): number =>
  p.countPadding ? positions(a, out).filter((at) => at < a.size + a.after).length : inside(a, out).length;

const inputElements = (p: Pool): number => p.images * p.y.size * p.x.size * (p.channels + p.inputGap);
const outputElements = (p: Pool): number => p.images * p.y.out * p.x.out * (p.channels + p.outputGap);

/** Calls `visit` for each output element with its place, its taps in row-major order and how many count. */
function forEachOutput(p: Pool, visit: (at: number, taps: number[], count: number) => void): void {
  for (let n = 0; n < p.images; n++) {
    for (let y = 0; y < p.y.out; y++) {
      for (let x = 0; x < p.x.out; x++) {
        const pixels = inside(p.y, y).flatMap((iy) =>
          inside(p.x, x).map((ix) => (n * p.y.size + iy) * p.x.size + ix),
        );
        const count = counted(p, p.y, y) * counted(p, p.x, x);
        for (let c = 0; c < p.channels; c++) {
          const pixel = (n * p.y.out + y) * p.x.out + x;
          const taps = pixels.map((tap) => tap * (p.channels + p.inputGap) + c);
          visit(pixel * (p.channels + p.outputGap) + c, taps, count);
        }
      }
    }
  }
}

const numbers = (p: Pool): Record<string, number> => ({
  inHeight: p.y.size,
  inWidth: p.x.size,
  channels: p.channels,
  inputStride: p.channels + p.inputGap,
  outHeight: p.y.out,
  outWidth: p.x.out,
  outputStride: p.channels + p.outputGap,
  kernelHeight: p.y.kernel,
  kernelWidth: p.x.kernel,
  strideHeight: p.y.stride,
  strideWidth: p.x.stride,
  padTop: p.y.before,
  padLeft: p.x.before,
  dilationHeight: p.y.dilation,
  dilationWidth: p.x.dilation,
});

const averageNumbers = (p: Pool): Record<string, number> => ({
  ...numbers(p),
  padBottom: p.y.after,
  padRight: p.x.after,
  countPadding: p.countPadding,
});

const floatGap = (count: number): Float32Array =>
  new Float32Array(new Uint8Array(count * 4).fill(untouched).buffer);

describe('max pooling', () => {
  it('u8: the largest element inside the image, 0 where there is none', () => {
    fc.assert(
      fc.property(pool, (p) => {
        const input = bytesFrom(p.seed, inputElements(p));
        const expected = new Uint8Array(outputElements(p)).fill(untouched);
        forEachOutput(p, (at, taps) => {
          expected[at] = Math.max(0, ...taps.map((tap) => input[tap] ?? 0));
        });
        const units = p.images * p.y.out;
        const call = { kernel: 'u8_max_pool', inputs: { input }, outputBytes: expected.length, units };
        expect(run({ ...call, numbers: numbers(p) })).toEqual(expected);
      }),
    );
  });

  it('f32: the largest element inside the image, -Infinity where there is none, NaN wins', () => {
    fc.assert(
      fc.property(pool, fc.boolean(), (p, withNaN) => {
        const input = floatsFrom(p.seed, inputElements(p));
        if (withNaN) input[input.length >> 1] = NaN;
        const expected = floatGap(outputElements(p));
        forEachOutput(p, (at, taps) => {
          expected[at] = Math.max(...taps.map((tap) => input[tap] ?? 0));
        });
        const units = p.images * p.y.out;
        const call = { kernel: 'f32_max_pool', inputs: { input }, outputBytes: expected.byteLength, units };
        expect(runFloats({ ...call, numbers: numbers(p) })).toEqual(expected);
      }),
    );
  });
});

describe('average pooling', () => {
  it('f32: sums row by row in f32 and divides by the count', () => {
    fc.assert(
      fc.property(pool, (p) => {
        const input = floatsFrom(p.seed, inputElements(p));
        const expected = floatGap(outputElements(p));
        forEachOutput(p, (at, taps, count) => {
          const sum = taps.reduce((total, tap) => Math.fround(total + (input[tap] ?? 0)), 0);
          expected[at] = Math.fround(sum / Math.max(count, 1));
        });
        const units = p.images * p.y.out;
        const call = {
          kernel: 'f32_average_pool',
          inputs: { input },
          outputBytes: expected.byteLength,
          units,
        };
        expect(runFloats({ ...call, numbers: averageNumbers(p) })).toEqual(expected);
      }),
    );
  });

  const range = fc
    .record({ inputZeroPoint: byte, zeroPoint: byte, low: byte, high: byte, inputScale: scale, scale })
    .map((r) => ({ ...r, minimum: Math.min(r.low, r.high), maximum: Math.max(r.low, r.high) }));
  type Range = typeof range extends fc.Arbitrary<infer T> ? T : never;

  const multiplierFor = (r: Range, count: number): number =>
    count === 0 ? 0 : Math.fround(r.inputScale / (r.scale * count));

  function checkInteger(p: Pool, r: Range, input = bytesFrom(p.seed, inputElements(p))): void {
    const expected = new Uint8Array(outputElements(p)).fill(untouched);
    forEachOutput(p, (at, taps, count) => {
      const sum = taps.reduce((total, tap) => total + (input[tap] ?? 0) - r.inputZeroPoint, 0);
      expected[at] = requantize(Math.fround(sum) * multiplierFor(r, count), r);
    });
    const multipliers = averageMultipliers(r.inputScale, r.scale, p.y.kernel * p.x.kernel);
    const { inputZeroPoint, zeroPoint, minimum, maximum } = r;
    const actual = run({
      kernel: 'u8_average_pool',
      inputs: { input, multipliers },
      outputBytes: expected.length,
      numbers: { ...averageNumbers(p), inputZeroPoint, zeroPoint, minimum, maximum },
      units: p.images * p.y.out,
    });
    expect(actual).toEqual(expected);
  }

  it('u8: requantizes the exact sum, bit for bit', () => {
    fc.assert(fc.property(pool, range, (p, r) => checkInteger(p, r)));
  });

  it('u8: sums more taps than 16 bits hold', () => {
    const whole = (size: number): Axis => ({
      ...{ size, kernel: size, stride: 1, dilation: 1, before: 0, after: 0, extra: 0, out: 1 },
    });
    const large = fc.record({
      ...{ images: fc.constant(2), channels: fc.constantFrom(1, 7, 16, 33) },
      ...{ inputGap: fc.constant(0), outputGap: fc.constant(0), countPadding: fc.constant(0), seed },
      y: fc.integer({ min: 1, max: 3 }).map(whole),
      x: fc.integer({ min: 250, max: 600 }).map(whole),
    });
    fc.assert(
      fc.property(large, range, (p, r) => {
        checkInteger(p, r);
        checkInteger(p, r, new Uint8Array(inputElements(p)).fill(255));
      }),
      { numRuns: 20 },
    );
  });
});
