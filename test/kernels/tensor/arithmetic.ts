const f = Math.fround;

/** Nearest integer, half to even. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

export interface OutputRange {
  readonly zeroPoint: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** `clamp(roundHalfEven(scaled) + zeroPoint)` for an f32 `scaled`. */
export function requantize(scaled: number, { zeroPoint, minimum, maximum }: OutputRange): number {
  return Math.min(Math.max(roundHalfEven(f(scaled)) + zeroPoint, minimum), maximum);
}

/** Units in the last place of f32 between two numbers; 0 for the same bits, NaN equals NaN. */
export function ulpDistance(a: number, b: number): number {
  if (Number.isNaN(a) && Number.isNaN(b)) return 0;
  const bits = (x: number): number => {
    const [i = 0] = new Int32Array(Float32Array.of(x).buffer);
    return i < 0 ? -2147483648 - i : i;
  };
  return Number.isNaN(a) || Number.isNaN(b) ? Infinity : Math.abs(bits(a) - bits(b));
}
