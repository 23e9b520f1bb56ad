import { SpikeletError } from '../../error.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Cube } from './cube.js';

/**
 * Shape of patches as a network's input. `volume`: [n, 1, bands, size, size], one channel with the bands as depth, for
 * three-dimensional convolutions; `planes`: [n, bands, size, size], bands as channels. The numbers are in the same
 * order in both.
 */
export type PatchShape = 'volume' | 'planes';

/** Most bytes of one batch. */
const largestBatch = 1 << 30;

/** Throws `invalid-option` unless patches of the size have a middle. */
export function checkPatchSize(size: number): void {
  if (Number.isInteger(size) && size > 0 && size % 2 === 1) return;
  throw new SpikeletError(
    'invalid-option',
    `${size} is no size of a patch; expected an odd number of pixels`,
    {
      where: 'patch size',
    },
  );
}

/** `index` mirrored at both ends of 0 to length - 1, the ends themselves not repeated: 2 1 | 0 1 2 | 1 0. */
export function reflected(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}

/**
 * The patches around pixels of a scene, borders reflected, as inputs of a network.
 *
 * @param cube Normalised, as the network was trained.
 * @param pixels Middles of the patches, `row * width + column` each.
 * @param size Rows and columns of a patch, odd.
 * @returns f32 [pixels, 1, bands, size, size], or [pixels, bands, size, size] as `planes`.
 * @example
 * const scene = normalise(cube, 'minmax');
 * const batch = patches(scene, split.test.subarray(0, 100), 5);   // [100, 1, bands, 5, 5]
 */
export function patches(
  cube: Cube,
  pixels: ArrayLike<number>,
  size: number,
  shape: PatchShape = 'volume',
): Tensor<Float32Array> {
  checkPatchSize(size);
  const { name, height, width, bands } = cube;
  const area = size * size;
  if (pixels.length * bands * area * 4 > largestBatch) {
    throw new SpikeletError(
      'out-of-memory',
      `${pixels.length} patches of ${size}x${size}x${bands} take more than ${largestBatch} bytes: take fewer at once`,
      { where: name },
    );
  }
  const data = new Float32Array(pixels.length * bands * area);
  for (let n = 0; n < pixels.length; n++) {
    const pixel = pixels[n] ?? -1;
    if (!Number.isInteger(pixel) || pixel < 0 || pixel >= height * width) {
      throw new SpikeletError('invalid-input', `there is no pixel ${pixel} among ${height}x${width}`, {
        where: name,
      });
    }
    copyPatch(cube, Math.floor(pixel / width), pixel % width, size, data.subarray(n * bands * area));
  }
  const depth = shape === 'volume' ? [1, bands] : [bands];
  return { dtype: 'f32', shape: [pixels.length, ...depth, size, size], data };
}

function copyPatch(cube: Cube, row: number, column: number, size: number, to: Float32Array): void {
  const { height, width, bands, data } = cube;
  const reach = (size - 1) / 2;
  const area = size * size;
  for (let y = 0; y < size; y++) {
    const fromRow = reflected(row + y - reach, height) * width;
    for (let x = 0; x < size; x++) {
      const from = (fromRow + reflected(column + x - reach, width)) * bands;
      const at = y * size + x;
      for (let band = 0; band < bands; band++) to[band * area + at] = data[from + band] ?? 0;
    }
  }
}
