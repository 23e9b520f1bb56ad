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
