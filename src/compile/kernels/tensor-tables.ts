/**
 * Table of `u8_average_pool`: the multiplier of a sum by the number of window elements counted, 0 to `maximumCount`.
 *
 * @example averageMultipliers(0.1, 0.2, 9)[9] === Math.fround(0.1 / (0.2 * 9))
 */
export function averageMultipliers(inputScale: number, scale: number, maximumCount: number): Float32Array {
  return Float32Array.from({ length: maximumCount + 1 }, (_, count) =>
    count === 0 ? 0 : inputScale / (scale * count),
  );
}
