import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { depthwisePatches, type PatchGeometry, patches } from '../../../src/compile/pack/patches.js';

const geometries = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    stagedChannels: fc.integer({ min: 1, max: 9 }),
    elementBytes: fc.constantFrom(1 as const, 2 as const, 4 as const),
    kernelHeight: fc.integer({ min: 1, max: 4 }),
    kernelWidth: fc.integer({ min: 1, max: 4 }),
    strideY: fc.integer({ min: 1, max: 3 }),
    strideX: fc.integer({ min: 1, max: 3 }),
    dilationY: fc.integer({ min: 1, max: 2 }),
    dilationX: fc.integer({ min: 1, max: 2 }),
    outHeight: fc.integer({ min: 1, max: 4 }),
    outWidth: fc.integer({ min: 1, max: 4 }),
    slice: fc.boolean(),
    depth: fc.option(
      fc.record({
        kernel: fc.integer({ min: 1, max: 3 }),
        stride: fc.integer({ min: 1, max: 3 }),
        dilation: fc.integer({ min: 1, max: 2 }),
        out: fc.integer({ min: 1, max: 3 }),
      }),
      { nil: undefined },
    ),
  })
  .map(
    ({ slice, depth, ...g }): PatchGeometry => ({
      ...g,
      ...(depth && {
        depth: {
          ...depth,
          staged: (depth.out - 1) * depth.stride + (depth.kernel - 1) * depth.dilation + 1,
        },
      }),
      channels: slice ? Math.ceil(g.stagedChannels / 2) : g.stagedChannels,
      stagedHeight: (g.outHeight - 1) * g.strideY + (g.kernelHeight - 1) * g.dilationY + 1,
      stagedWidth: (g.outWidth - 1) * g.strideX + (g.kernelWidth - 1) * g.dilationX + 1,
    }),
  );

const oneSlice = { kernel: 1, stride: 1, dilation: 1, out: 1, staged: 1 };

/** Byte offset of one element that a convolution multiplies. */
function elementOffset(g: PatchGeometry, pixel: number, tap: number, channel: number): number {
  const { depth = oneSlice } = g;
  const [row, kx] = [Math.floor(tap / g.kernelWidth), tap % g.kernelWidth];
  const [kz, ky] = [Math.floor(row / g.kernelHeight), row % g.kernelHeight];
  const outSlice = Math.floor(pixel / (g.outHeight * g.outWidth));
  const [image, outZ] = [Math.floor(outSlice / depth.out), outSlice % depth.out];
  const slice = image * depth.staged + outZ * depth.stride + kz * depth.dilation;
  const y = (Math.floor(pixel / g.outWidth) % g.outHeight) * g.strideY + ky * g.dilationY;
  const x = (pixel % g.outWidth) * g.strideX + kx * g.dilationX;
  return (((slice * g.stagedHeight + y) * g.stagedWidth + x) * g.stagedChannels + channel) * g.elementBytes;
}

function wantedOffsets(g: PatchGeometry, channels: number): number[] {
  const wanted: number[] = [];
  const { depth = oneSlice } = g;
  for (let pixel = 0; pixel < g.images * depth.out * g.outHeight * g.outWidth; pixel++) {
    for (let tap = 0; tap < depth.kernel * g.kernelHeight * g.kernelWidth; tap++) {
      for (let channel = 0; channel < channels; channel++) {
        wanted.push(elementOffset(g, pixel, tap, channel));
      }
    }
  }
  return wanted;
}

describe('patches', () => {
  it('reach every element of a convolution in the order of its weights', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const { segmentOffsets, pixelOffsets, segmentLength } = patches(g);
        const reached: number[] = [];
        for (const pixel of pixelOffsets) {
          for (const segment of segmentOffsets) {
            for (let k = 0; k < segmentLength; k++) reached.push(pixel + segment + k * g.elementBytes);
          }
        }
        expect(reached).toEqual(wantedOffsets(g, g.channels));
      }),
    );
  });

  it('join the positions of a row into one segment', () => {
    const g = { ...square, channels: 8, stagedChannels: 8 };
    expect(patches(g)).toMatchObject({ segmentLength: 24, segmentOffsets: Int32Array.of(0, 48, 96) });
  });
});

describe('depthwisePatches', () => {
  it('reach every tap, and only more of the first beyond the last', () => {
    fc.assert(
      fc.property(geometries, (g) => {
        const { segmentOffsets, pixelOffsets } = depthwisePatches(g);
        const taps = g.kernelHeight * g.kernelWidth * (g.depth?.kernel ?? 1);
        const reached = [...pixelOffsets].flatMap((pixel) =>
          [...segmentOffsets.subarray(0, taps)].map((offset) => pixel + offset),
        );
        expect(reached).toEqual(wantedOffsets(g, 1));
        expect([...segmentOffsets.subarray(taps)].every((offset) => offset === 0)).toBe(true);
        expect(segmentOffsets.length % (g.elementBytes === 4 ? 1 : 4)).toBe(0);
      }),
    );
  });
});

const square: PatchGeometry = {
  ...{ images: 1, stagedHeight: 6, stagedWidth: 6, stagedChannels: 4, channels: 4, elementBytes: 1 },
  ...{ kernelHeight: 3, kernelWidth: 3, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1 },
  ...{ outHeight: 4, outWidth: 4 },
};
