import { floatMean } from '../tensor/pool/mean';
import { firstTap, PoolParameters, tapsBefore } from '../tensor/pool/window';

/**
 * Sum over a window of a channels-last image, row by row. A unit is one row of output pixels.
 *
 *     output[y, x, c] = sum over taps inside the image of input[...]
 */
export function f32_sum_pool(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<PoolParameters>(parameters);
  const columnStep = (p.dilationWidth * p.inputStride) << 2;
  const rowStep = (p.dilationHeight * p.inWidth * p.inputStride) << 2;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / p.outHeight;
    const top = (unit - image * p.outHeight) * p.strideHeight - p.padTop;
    const firstRow = firstTap(top, p.dilationHeight);
    const rows = max(0, tapsBefore(top, p.inHeight, p.kernelHeight, p.dilationHeight) - firstRow);
    const y = image * p.inHeight + top + firstRow * p.dilationHeight;
    for (let x = 0; x < p.outWidth; x++) {
      const left = x * p.strideWidth - p.padLeft;
      const firstColumn = firstTap(left, p.dilationWidth);
      const columns = max(0, tapsBefore(left, p.inWidth, p.kernelWidth, p.dilationWidth) - firstColumn);
      const origin = p.input + (((y * p.inWidth + left + firstColumn * p.dilationWidth) * p.inputStride) << 2);
      const output = p.output + (((unit * p.outWidth + x) * p.outputStride) << 2);
      floatMean(origin, rows, columns, rowStep, columnStep, 1, output, p.channels);
    }
  }
}
