/** Every lane brought between its bounds; NaN stays NaN. */
@inline
export function clamp(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, low), high);
}

/** Bytes of the lower halves side by side: a0 b0 a1 b1 ... */
@inline
export function interleaveLowBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** Bytes of the upper halves side by side. */
@inline
export function interleaveHighBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** 16-bit lanes of the lower halves side by side. */
@inline
export function interleaveLowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** 16-bit lanes of the upper halves side by side. */
@inline
export function interleaveHighPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** All ones in the first `count` lanes of 4 bytes. */
@inline
export function withinCount(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

@inline
function swapHalves(x: v128): v128 {
  return i32x4.shuffle(x, x, 2, 3, 0, 1);
}

@inline
function swapPairs(x: v128): v128 {
  return i32x4.shuffle(x, x, 1, 0, 3, 2);
}

/** The sum of the four lanes, in all lanes. */
@inline
export function sumOfLanes(x: v128): v128 {
  x = f32x4.add(x, swapHalves(x));
  return f32x4.add(x, swapPairs(x));
}

/** The largest of the four lanes, in all lanes. */
@inline
export function largestLane(x: v128): v128 {
  x = f32x4.max(x, swapHalves(x));
  return f32x4.max(x, swapPairs(x));
}

/** The smallest of the four lanes, in all lanes. */
@inline
export function smallestLane(x: v128): v128 {
  x = f32x4.min(x, swapHalves(x));
  return f32x4.min(x, swapPairs(x));
}
