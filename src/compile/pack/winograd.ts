import { blockChannels } from './weights.js';
import { packedFloatIndex } from './weights_f32.js';

/** Elements of a transformed 3x3 kernel. */
const matrices = 16;
/** Bytes of the matrix product's own parameter block in scratch, and of its table of segments. */
const headerBytes = 64 + 16;

/** Sizes of a 3x3 convolution. */
export interface WinogradShape {
  readonly channels: number;
  readonly outChannels: number;
}

/** Which convolutions f32_winograd_3x3 can compute, apart from their 3x3 kernel of stride and dilation 1. */
export function winogradApplies({ channels, outChannels }: WinogradShape): boolean {
  return channels % 4 === 0 && outChannels % 8 === 0;
}

/** Elements that packWinogradWeights writes. */
export const packedWinograd = ({ channels, outChannels }: WinogradShape): number =>
  matrices * channels * outChannels;

/**
 * Transforms the 3x3 kernels [outChannels][channels][3][3] and packs them for f32_winograd_3x3: U = G g G', 16
 * matrices [outChannels][channels], each packed as for f32_conv_6x8.
 */
export function packWinogradWeights(weights: Float32Array, shape: WinogradShape, packed: Float32Array): void {
  const { channels, outChannels } = shape;
  const size = channels * outChannels;
  for (let out = 0; out < outChannels; out++) {
    const to = packedFloatIndex(out, channels);
    for (let channel = 0; channel < channels; channel++) {
      const from = 9 * (out * channels + channel);
      transformKernel(weights, from, packed, to + blockChannels * channel, size);
    }
  }
}

/** G g G' of the kernel at `from`; element xi goes to `to` + xi * `size`. */
function transformKernel(
  weights: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  size: number,
): void {
  const at = (index: number): number => weights[from + index] ?? 0;
  for (let row = 0; row < 4; row++) {
    const a = combined(row, at(0), at(3), at(6));
    const b = combined(row, at(1), at(4), at(7));
    const c = combined(row, at(2), at(5), at(8));
    for (let column = 0; column < 4; column++) {
      target[to + (4 * row + column) * size] = combined(column, a, b, c);
    }
  }
}

/** Row `row` of G times (a, b, c). */
function combined(row: number, a: number, b: number, c: number): number {
  if (row === 0) return a;
  if (row === 3) return c;
  return row === 1 ? (a + b + c) / 2 : (a - b + c) / 2;
}

/** Tiles, work units and scratch of one call of f32_winograd_3x3. */
export interface WinogradPlan {
  readonly tilesX: number;
  readonly tilesY: number;
  readonly tiles: number;
  readonly tileBlock: number;
  readonly units: number;
  /** Bytes of scratch for one unit; the call needs them for all its units. */
  readonly scratchBytes: number;
  /** Size of the staged input: a border of one around the outputs rounded up to whole tiles. */
  readonly stagedHeight: number;
  readonly stagedWidth: number;
}

export function planWinograd(
  shape: WinogradShape,
  output: { readonly images: number; readonly outHeight: number; readonly outWidth: number },
): WinogradPlan {
  const tilesX = Math.ceil(output.outWidth / 2);
  const tilesY = Math.ceil(output.outHeight / 2);
  const tiles = output.images * tilesX * tilesY;
  const tileBlock = tileBlockFor(tiles, shape);
  const tables = shape.outChannels * 4 + Math.ceil((tileBlock * 4) / 16) * 16;
  const values = matrices * tileBlock * (shape.channels + shape.outChannels) * 4;
  return {
    ...{ tilesX, tilesY, tiles, tileBlock },
    units: Math.ceil(tiles / tileBlock),
    scratchBytes: headerBytes + tables + values,
    stagedHeight: 2 * tilesY + 2,
    stagedWidth: 2 * tilesX + 2,
  };
}

/** Tiles that are transformed together: whole register tiles whose values stay in the second-level cache. */
function tileBlockFor(tiles: number, { channels, outChannels }: WinogradShape): number {
  const cached = Math.floor((768 << 10) / (matrices * (channels + outChannels) * 4));
  const most = Math.max(24, Math.floor(cached / 6) * 6);
  const blocks = Math.ceil(tiles / most);
  return Math.ceil(tiles / blocks / 6) * 6;
}

/** Whether f32_winograd_3x3 is faster than f32_conv_6x8: with few tiles, reading its larger weights dominates. */
export function winogradPays(
  shape: WinogradShape,
  output: { readonly images: number; readonly outHeight: number; readonly outWidth: number },
): boolean {
  return winogradApplies(shape) && planWinograd(shape, output).tiles >= 16;
}
