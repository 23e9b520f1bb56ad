import { clamp } from '../lanes';
import { multiplyBlock } from './convolution_f32';
import { FloatConvolutionParameters } from './parameters';

/** Parameter block of f32_winograd_3x3. Sizes count elements. */
@unmanaged
export class WinogradParameters {
  input: usize; // staged with a border of one, sizes rounded up to whole tiles
  weights: usize; // transformed and packed: 16 matrices for f32_conv_6x8
  bias: usize; // f32[outChannels]
  output: usize;
  residual: usize; // f32 value to add, or 0
  scratch: usize; // scratchBytes for every work unit; a call uses those of its first unit
  scratchBytes: i32;
  channels: i32; // a multiple of 4
  outChannels: i32; // a multiple of 8
  stagedHeight: i32;
  stagedWidth: i32;
  tilesX: i32;
  tilesY: i32;
  tiles: i32; // of all images
  tileBlock: i32; // tiles of a work unit
  outHeight: i32;
  outWidth: i32;
  outputStride: i32;
  residualStride: i32;
  minimum: f32;
  maximum: f32;
}

/** Matrix products: one for each of the 4x4 elements of a transformed tile, which becomes 2x2 outputs. */
const MATRICES = 16;

/**
 * 3x3 convolution of stride 1 with 2.25 times fewer multiplications: Winograd's F(2x2, 3x3).
 *
 *     for each tile of 2x2 outputs of the unit:
 *       V = B' d B for the 4x4 inputs d of each channel
 *       M[xi][n] = sum over c of V[xi][c] * U[xi][c][n], xi < 16
 *       outputs = clamp(A' M A + bias + residual)
 */
export function f32_winograd_3x3(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<WinogradParameters>(parameters);
  const product = prepareProduct(p, p.scratch + <usize>begin * p.scratchBytes);
  const transformed = product.input;
  const products = product.output;
  for (let unit = begin; unit < end; unit++) {
    const first = unit * p.tileBlock;
    const count = min(p.tileBlock, p.tiles - first);
    for (let tile = 0; tile < count; tile++) transformInput(p, first + tile, transformed, tile);
    for (let matrix = 0; matrix < MATRICES; matrix++) {
      product.input = transformed + <usize>(matrix * p.tileBlock * p.channels << 2);
      product.output = products + <usize>(matrix * p.tileBlock * p.outChannels << 2);
      const weights = p.weights + <usize>(matrix * p.channels * p.outChannels << 2);
      multiply(product, weights, count, matrix + 1 == MATRICES);
    }
    for (let tile = 0; tile < count; tile++) transformOutput(p, first + tile, products, tile);
  }
}

/** Lays out scratch: the block and the tables of a matrix product, then its input V and its output M. */
function prepareProduct(p: WinogradParameters, scratch: usize): FloatConvolutionParameters {
  const q = changetype<FloatConvolutionParameters>(scratch);
  const blockBytes = (offsetof<FloatConvolutionParameters>() + 15) & ~15;
  q.segmentOffsets = scratch + blockBytes;
  q.bias = q.segmentOffsets + 16;
  q.pixelOffsets = q.bias + <usize>(p.outChannels << 2);
  q.input = q.pixelOffsets + (<usize>((p.tileBlock << 2) + 15) & ~15);
  q.output = q.input + <usize>(MATRICES * p.tileBlock * p.channels << 2);
  q.residual = 0;
  q.segments = 1;
  q.run = p.channels;
  q.outChannels = p.outChannels;
  q.outputStride = p.outChannels;
  q.minimum = -Infinity;
  q.maximum = Infinity;
  memory.fill(q.segmentOffsets, 0, q.pixelOffsets - q.segmentOffsets);
  for (let tile = 0; tile < p.tileBlock; tile++) {
    store<i32>(q.pixelOffsets + (<usize>tile << 2), tile * p.channels << 2);
  }
  return q;
}

/** M = V U for one of the matrices, of `count` tiles; the last one has no weights after it. */
function multiply(q: FloatConvolutionParameters, weights: usize, count: i32, isLast: bool): void {
  const blockBytes = <usize>(q.run << 5);
  for (let channel = 0; channel < q.outChannels; channel += 8, weights += blockBytes) {
    const ahead = isLast && channel + 8 == q.outChannels ? weights : weights + blockBytes;
    multiplyBlock(q, 0, count, channel, weights, ahead);
  }
}

/** Row of the first output of a tile in its image. */
@inline
function tileY(p: WinogradParameters, tile: i32): i32 {
  return tile / p.tilesX % p.tilesY << 1;
}

/** Column of the first output of a tile in its image. */
@inline
function tileX(p: WinogradParameters, tile: i32): i32 {
  return tile % p.tilesX << 1;
}

@inline
function imageOf(p: WinogradParameters, tile: i32): i32 {
  return tile / (p.tilesX * p.tilesY);
}

/** B' d B of one tile, 4 channels at a time; element xi of all channels goes to matrix xi, row `row`. */
function transformInput(p: WinogradParameters, tile: i32, transformed: usize, row: i32): void {
  const y = imageOf(p, tile) * p.stagedHeight + tileY(p, tile);
  const pixel = <usize>(p.channels << 2);
  const line = <usize>p.stagedWidth * pixel;
  const matrix = <usize>p.tileBlock * pixel;
  let source = p.input + <usize>(y * p.stagedWidth + tileX(p, tile)) * pixel;
  let target = transformed + <usize>row * pixel;
  for (const end = source + pixel; source < end; source += 16, target += 16) {
    // B' d by columns, then (B' d) B by rows.
    const line1 = source + line, line2 = line1 + line, line3 = line2 + line;
    for (let column: usize = 0; column < 4; column++) {
      inputColumn(source, line1, line2, line3, column * pixel, target + column * matrix, matrix);
    }
    inputRows(target, matrix);
  }
}

/** One column of B' d, whose row y goes to matrix 4 * y from `target` on. */
@inline
function inputColumn(l0: usize, l1: usize, l2: usize, l3: usize, at: usize, target: usize, matrix: usize): void {
  const d0 = v128.load(l0 + at), d1 = v128.load(l1 + at), d2 = v128.load(l2 + at), d3 = v128.load(l3 + at);
  v128.store(target, f32x4.sub(d0, d2));
  v128.store(target + 4 * matrix, f32x4.add(d1, d2));
  v128.store(target + 8 * matrix, f32x4.sub(d2, d1));
  v128.store(target + 12 * matrix, f32x4.sub(d1, d3));
}

/** (B' d) B, row by row and in place. */
@inline
function inputRows(target: usize, matrix: usize): void {
  for (let row = 0; row < 4; row++, target += 4 * matrix) {
    const d0 = v128.load(target), d1 = v128.load(target + matrix);
    const d2 = v128.load(target + 2 * matrix), d3 = v128.load(target + 3 * matrix);
    v128.store(target, f32x4.sub(d0, d2));
    v128.store(target + matrix, f32x4.add(d1, d2));
    v128.store(target + 2 * matrix, f32x4.sub(d2, d1));
    v128.store(target + 3 * matrix, f32x4.sub(d1, d3));
  }
}

/** A' M A of one tile, 4 channels at a time, stored where the output has room for it. */
function transformOutput(p: WinogradParameters, tile: i32, products: usize, row: i32): void {
  const y = tileY(p, tile), x = tileX(p, tile);
  const pixel = (imageOf(p, tile) * p.outHeight + y) * p.outWidth + x;
  const right = x + 1 < p.outWidth, below = y + 1 < p.outHeight;
  const matrix = <usize>(p.tileBlock * p.outChannels << 2);
  const source = products + <usize>(row * p.outChannels << 2);
  for (let channel = 0; channel < p.outChannels; channel += 4) {
    const m = source + (<usize>channel << 2);
    const bias = v128.load(p.bias + (<usize>channel << 2));
    const p0 = outputColumn(m, matrix, 0), p1 = outputColumn(m, matrix, 1);
    const p2 = outputColumn(m, matrix, 2), p3 = outputColumn(m, matrix, 3);
    const q0 = outputColumnBelow(m, matrix, 0), q1 = outputColumnBelow(m, matrix, 1);
    const q2 = outputColumnBelow(m, matrix, 2), q3 = outputColumnBelow(m, matrix, 3);
    storeOutput(p, pixel, channel, f32x4.add(bias, f32x4.add(f32x4.add(p0, p1), p2)));
    if (right) storeOutput(p, pixel + 1, channel, f32x4.add(bias, f32x4.sub(f32x4.sub(p1, p2), p3)));
    if (!below) continue;
    storeOutput(p, pixel + p.outWidth, channel, f32x4.add(bias, f32x4.add(f32x4.add(q0, q1), q2)));
    if (right) {
      storeOutput(p, pixel + p.outWidth + 1, channel, f32x4.add(bias, f32x4.sub(f32x4.sub(q1, q2), q3)));
    }
  }
}

/** One column of the first row of A' M. */
@inline
function outputColumn(m: usize, matrix: usize, column: usize): v128 {
  const at = m + column * matrix;
  return f32x4.add(f32x4.add(v128.load(at), v128.load(at + 4 * matrix)), v128.load(at + 8 * matrix));
}

/** One column of the second row of A' M. */
@inline
function outputColumnBelow(m: usize, matrix: usize, column: usize): v128 {
  const at = m + column * matrix;
  return f32x4.sub(f32x4.sub(v128.load(at + 4 * matrix), v128.load(at + 8 * matrix)), v128.load(at + 12 * matrix));
}

/** Adds the residual to four channels of one pixel if there is one, clamps, and stores them. */
@inline
function storeOutput(p: WinogradParameters, pixel: i32, channel: i32, value: v128): void {
  if (p.residual) {
    value = f32x4.add(value, v128.load(p.residual + (<usize>(pixel * p.residualStride + channel) << 2)));
  }
  value = clamp(value, f32x4.splat(p.minimum), f32x4.splat(p.maximum));
  v128.store(p.output + (<usize>(pixel * p.outputStride + channel) << 2), value);
}
