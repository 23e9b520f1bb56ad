// Plain references: the formulas of the integer arithmetic, one loop a dimension, no packing and no staging.

/** A convolution over channels-last values. */
export interface Convolution {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly top: number;
  readonly left: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Requantization of an integer convolution. */
export interface Requantization {
  readonly inputZeroPoint: number;
  readonly multiplier: Float32Array;
  readonly zeroPoint: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** A residual that is added to the requantized result. */
export interface ResidualAddition {
  readonly values: Uint8Array;
  readonly ownMultiplier: number;
  readonly residualMultiplier: number;
  readonly residualZeroPoint: number;
  readonly sumZeroPoint: number;
  readonly sumMinimum: number;
  readonly sumMaximum: number;
}

export function outputLength(c: Convolution): number {
  return c.images * c.outHeight * c.outWidth * c.outChannels;
}

/** Visits every weight that meets the input: its place in the weights and in the input, -1 for the border. */
function visitPatch(
  c: Convolution,
  output: number,
  visit: (input: number, weight: number) => void,
  grouped: boolean,
): void {
  const channel = output % c.outChannels;
  const pixel = Math.floor(output / c.outChannels);
  const outX = pixel % c.outWidth;
  const outY = Math.floor(pixel / c.outWidth) % c.outHeight;
  const image = Math.floor(pixel / (c.outWidth * c.outHeight));
  for (let ky = 0; ky < c.kernelHeight; ky++) {
    for (let kx = 0; kx < c.kernelWidth; kx++) {
      const y = outY * c.strideY + ky * c.dilationY - c.top;
      const x = outX * c.strideX + kx * c.dilationX - c.left;
      const inside = y >= 0 && y < c.height && x >= 0 && x < c.width;
      const first = grouped ? channel : 0;
      const last = grouped ? channel + 1 : c.channels;
      for (let k = first; k < last; k++) {
        const input = inside ? ((image * c.height + y) * c.width + x) * c.channels + k : -1;
        const tap = (channel * c.kernelHeight + ky) * c.kernelWidth + kx;
        visit(input, grouped ? tap : tap * c.channels + k);
      }
    }
  }
}

/** int32 accumulators of u8 inputs and weights [outChannels][kernelHeight][kernelWidth][channels]. */
export function accumulators(
  c: Convolution,
  input: Uint8Array,
  weights: Int8Array,
  bias: Int32Array,
  zeroPoint: number,
  grouped = false,
): Int32Array {
  return Int32Array.from({ length: outputLength(c) }, (_, output) => {
    let sum = bias[output % c.outChannels] ?? 0;
    const multiply = (from: number, weight: number): void => {
      if (from >= 0) sum += ((input[from] ?? 0) - zeroPoint) * (weights[weight] ?? 0);
    };
    visitPatch(c, output, multiply, grouped);
    return sum;
  });
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction < 0.5) return floor;
  if (fraction > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** q = clamp(roundHalfEven(f32(f32(acc) * m)) + zeroPoint, minimum, maximum), then the residual if any. */
export function requantized(
  sums: Int32Array,
  outChannels: number,
  q: Requantization,
  residual?: ResidualAddition,
): Uint8Array {
  return Uint8Array.from(sums, (sum, index) => {
    const multiplier = q.multiplier[index % outChannels] ?? 0;
    const scaled = Math.fround(Math.fround(sum) * multiplier);
    const own = clamp(roundHalfEven(scaled) + q.zeroPoint, q.minimum, q.maximum);
    if (residual === undefined) return own;
    const mine = Math.fround((own - q.zeroPoint) * Math.fround(residual.ownMultiplier));
    const centered = (residual.values[index] ?? 0) - residual.residualZeroPoint;
    const other = Math.fround(centered * Math.fround(residual.residualMultiplier));
    const rounded = roundHalfEven(Math.fround(mine + other));
    return clamp(rounded + residual.sumZeroPoint, residual.sumMinimum, residual.sumMaximum);
  });
}

/** Sums in double precision, with the sum of magnitudes that bounds the rounding errors of f32. */
export function floatConvolution(
  c: Convolution,
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  grouped = false,
): { readonly sums: Float64Array; readonly magnitudes: Float64Array } {
  const sums = new Float64Array(outputLength(c));
  const magnitudes = new Float64Array(outputLength(c));
  for (let output = 0; output < sums.length; output++) {
    let sum = bias[output % c.outChannels] ?? 0;
    let magnitude = Math.abs(sum);
    const multiply = (from: number, weight: number): void => {
      const product = from >= 0 ? (input[from] ?? 0) * (weights[weight] ?? 0) : 0;
      sum += product;
      magnitude += Math.abs(product);
    };
    visitPatch(c, output, multiply, grouped);
    sums[output] = sum;
    magnitudes[output] = magnitude;
  }
  return { sums, magnitudes };
}

/** The first places where two outputs differ, with what was got and what was wanted. */
export function differences(got: Uint8Array, wanted: Uint8Array): string[] {
  const found: string[] = got.length === wanted.length ? [] : [`length ${got.length}, not ${wanted.length}`];
  for (let index = 0; index < wanted.length && found.length < 5; index++) {
    if (got[index] !== wanted[index]) found.push(`[${index}] is ${got[index]}, not ${wanted[index]}`);
  }
  return found;
}
