import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stageMode } from '../../../src/compile/kernels/dense.js';
import { emptySandbox, runnableVariants } from '../harness.js';
import { activations, convolutions } from './generate.js';
import type { Convolution } from './reference.js';

/** Rows of patches as a plain loop finds them. */
function expected(c: Convolution, input: Uint8Array, rowLength: number, fill: number): number[] {
  const result: number[] = [];
  for (let pixel = 0; pixel < c.images * c.outHeight * c.outWidth; pixel++) {
    const image = Math.floor(pixel / (c.outHeight * c.outWidth));
    for (let k = 0; k < rowLength; k++) {
      const channel = k % c.channels;
      const tap = Math.floor(k / c.channels);
      const ky = Math.floor(tap / c.kernelWidth);
      const y = (Math.floor(pixel / c.outWidth) % c.outHeight) * c.strideY + ky * c.dilationY - c.top;
      const x = (pixel % c.outWidth) * c.strideX + (tap % c.kernelWidth) * c.dilationX - c.left;
      const inside = ky < c.kernelHeight && y >= 0 && y < c.height && x >= 0 && x < c.width;
      result.push(
        inside ? (input[((image * c.height + y) * c.width + x) * c.channels + channel] ?? 0) : fill,
      );
    }
  }
  return result;
}

describe.each(runnableVariants())('u8_im2col, %s', (variant) => {
  it.each([
    ['as it is', stageMode.unsigned, (value: number) => value],
    ['with the sign bit flipped', stageMode.flipped, (value: number) => value ^ 0x80],
    ['widened to i16', stageMode.widened, (value: number) => value],
  ] as const)('lays out patches, %s', (_, mode, convert) => {
    const shapes = convolutions({ channels: 4, outChannels: 1, size: 8, kernel: 4 });
    fc.assert(
      fc.property(shapes, fc.integer(), fc.integer({ min: 0, max: 255 }), (c, seed, fill) => {
        const sandbox = emptySandbox(variant);
        const input = activations(c.images * c.height * c.width * c.channels, seed);
        const rowLength = Math.ceil((c.kernelHeight * c.kernelWidth * c.channels) / 4) * 4;
        const wanted = expected(c, input, rowLength, fill).map(convert);
        const output = sandbox.reserve(wanted.length * (mode === stageMode.widened ? 2 : 1));
        const { outChannels: _unused, ...geometry } = c;
        const fields = { ...geometry, sourceStride: c.channels, rowLength, fill, mode };
        const placed = { ...fields, input: sandbox.place(input), output };
        sandbox.run('u8_im2col', placed, c.images * c.outHeight, 2);
        const type = mode === stageMode.widened ? Int16Array : Uint8Array;
        expect([...sandbox.read<Int16Array | Uint8Array>(type, output, wanted.length)]).toEqual(wanted);
      }),
    );
  });
});
