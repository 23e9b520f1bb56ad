import fc from 'fast-check';

/** Lengths around vector widths and work units. */
export const length = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 3100 }));

const special = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1e-45,
  -1e-40,
  3.4e38,
  -3.4e38,
  Infinity,
  -Infinity,
  1e-20,
  255.5,
  2.5,
];

/** An f32 from a mix of ordinary, large, special values. */
export const float: fc.Arbitrary<number> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -1000000, max: 1000000 }).map((x) => Math.fround(x / 100000)) },
  { weight: 2, arbitrary: fc.float({ noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(...special).map(Math.fround) },
);

/** Ordinary f32 values within `range`. */
export const floatWithin = (range: number): fc.Arbitrary<number> =>
  fc.integer({ min: -1000000, max: 1000000 }).map((x) => Math.fround((x / 1000000) * range));

const pseudoRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
};

/** Bytes that a seed stands for: long data without a long generator. */
export function bytesFrom(seed: number, count: number): Uint8Array {
  const random = pseudoRandom(seed);
  return Uint8Array.from({ length: count }, () => {
    const x = random();
    return x < 0.1 ? 0 : x > 0.9 ? 255 : Math.floor(random() * 256);
  });
}

/** f32 values within `range` that a seed stands for. */
export function floatsFrom(seed: number, count: number, range = 10): Float32Array {
  const random = pseudoRandom(seed);
  return Float32Array.from({ length: count }, () => (random() * 2 - 1) * range);
}

export const seed = fc.integer();
export const byte = fc.integer({ min: 0, max: 255 });
/** Scales that quantization meets. */
export const scale = fc.integer({ min: 1, max: 100000 }).map((x) => Math.fround(x / 20000));
