import { Im2colParameters } from './parameters';
import { copyRun, fillRun, stagedBytes } from './runs';

/**
 * Lays out the patch of each output pixel as one row, for inputs of so few channels that padding them would
 * cost more.
 *
 *     for each output pixel of the unit's row, ky, kx, c:
 *       y = oy * strideY + ky * dilationY - top; x = ox * strideX + kx * dilationX - left
 *       row[(ky * kernelWidth + kx) * channels + c] = convert(inside(y, x) ? input[y][x][c] : fill)
 */
export function u8_im2col(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<Im2colParameters>(parameters);
  const rowBytes = <usize>(p.rowLength * stagedBytes(p.mode));
  const patchLength = p.kernelHeight * p.kernelWidth * p.channels;
  for (let unit = begin; unit < end; unit++) {
    let target = p.output + <usize>(unit * p.outWidth) * rowBytes;
    for (let x = 0; x < p.outWidth; x++) {
      copyPatch(p, unit, x, target);
      const padding = p.rowLength - patchLength;
      fillRun(target + <usize>(patchLength * stagedBytes(p.mode)), padding, p.fill, p.mode);
      target += rowBytes;
    }
  }
}

function copyPatch(p: Im2colParameters, unit: i32, outX: i32, target: usize): void {
  const image = p.input + <usize>(unit / p.outHeight * p.height * p.width * p.sourceStride);
  const firstY = unit % p.outHeight * p.strideY - p.top;
  const firstX = outX * p.strideX - p.left;
  const step = <usize>(p.channels * stagedBytes(p.mode));
  for (let ky = 0; ky < p.kernelHeight; ky++) {
    const y = firstY + ky * p.dilationY;
    for (let kx = 0; kx < p.kernelWidth; kx++) {
      const x = firstX + kx * p.dilationX;
      if (<u32>y < <u32>p.height && <u32>x < <u32>p.width) {
        copyRun(image + <usize>((y * p.width + x) * p.sourceStride), target, p.channels, p.mode);
      } else {
        fillRun(target, p.channels, p.fill, p.mode);
      }
      target += step;
    }
  }
}
