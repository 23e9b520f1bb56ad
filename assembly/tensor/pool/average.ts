import { floatMean, integerMean } from './mean';
import { AveragePoolParameters, firstTap, IntegerAveragePoolParameters, tapsBefore } from './window';

function averagePool<T>(p: AveragePoolParameters, begin: i32, end: i32): void {
  const rowStep = (p.dilationHeight * p.inWidth * p.inputStride) << alignof<T>();
  const columnStep = (p.dilationWidth * p.inputStride) << alignof<T>();
  const bottom = p.inHeight + p.padBottom;
  const right = p.inWidth + p.padRight;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / p.outHeight;
    const top = (unit - image * p.outHeight) * p.strideHeight - p.padTop;
    const firstRow = firstTap(top, p.dilationHeight);
    const rows = max(0, tapsBefore(top, p.inHeight, p.kernelHeight, p.dilationHeight) - firstRow);
    const countedRows = p.countPadding ? tapsBefore(top, bottom, p.kernelHeight, p.dilationHeight) : rows;
    const y = image * p.inHeight + top + firstRow * p.dilationHeight;
    let output = p.output + ((unit * p.outWidth * p.outputStride) << alignof<T>());
    let left = -p.padLeft;
    for (let x = 0; x < p.outWidth; x++, left += p.strideWidth, output += p.outputStride << alignof<T>()) {
      const firstColumn = firstTap(left, p.dilationWidth);
      const columns = max(0, tapsBefore(left, p.inWidth, p.kernelWidth, p.dilationWidth) - firstColumn);
      const counted = p.countPadding ? tapsBefore(left, right, p.kernelWidth, p.dilationWidth) : columns;
      const count = countedRows * counted;
      const pixel = y * p.inWidth + left + firstColumn * p.dilationWidth;
      const origin = p.input + ((pixel * p.inputStride) << alignof<T>());
      if (isFloat<T>()) {
        floatMean(origin, rows, columns, rowStep, columnStep, count, output, p.channels);
      } else {
        const integer = changetype<IntegerAveragePoolParameters>(p);
        integerMean(origin, rows, columns, rowStep, columnStep, count, output, integer);
      }
    }
  }
}

/**
 * Mean over a window of a channels-last image, summed row by row; a window that counts nothing gives 0.
 * A unit is one row of output pixels.
 *
 *     output[y, x, c] = (sum over taps inside the image of input[...]) / count
 *     count = taps inside the image, or with countPadding those inside the padded image
 */
export function f32_average_pool(parameters: usize, begin: i32, end: i32): void {
  averagePool<f32>(changetype<AveragePoolParameters>(parameters), begin, end);
}

/**
 * The same for u8, requantized; padding stands for the zero point. A window that counts nothing gives the zero point.
 *
 *     sum = i32 sum over taps inside the image of (input[...] - inputZeroPoint)
 *     output = clamp(roundHalfEven(f32(sum) * multipliers[count]) + zeroPoint, minimum, maximum)
 */
export function u8_average_pool(parameters: usize, begin: i32, end: i32): void {
  averagePool<u8>(changetype<IntegerAveragePoolParameters>(parameters), begin, end);
}
