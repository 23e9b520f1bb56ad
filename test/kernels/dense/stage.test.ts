import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stageMode } from '../../../src/compile/kernels/dense.js';
import { emptySandbox, runnableVariants } from '../harness.js';
import { activations, floats } from './generate.js';

const images = fc.record({
  images: fc.integer({ min: 1, max: 2 }),
  height: fc.integer({ min: 1, max: 5 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 20 }),
  skipped: fc.integer({ min: 0, max: 3 }),
  padded: fc.integer({ min: 0, max: 3 }),
  top: fc.integer({ min: 0, max: 2 }),
  left: fc.integer({ min: 0, max: 2 }),
  bottom: fc.integer({ min: -4, max: 2 }),
  right: fc.integer({ min: -4, max: 2 }),
});

type Image = typeof images extends fc.Arbitrary<infer T> ? T : never;

function fieldsOf(image: Image) {
  const { images: count, height, width, channels, top, left } = image;
  return {
    ...{ images: count, height, width, channels, top, left },
    sourceStride: channels + image.skipped,
    stagedHeight: Math.max(1, height + top + image.bottom),
    stagedWidth: Math.max(1, width + left + image.right),
    stagedChannels: channels + image.padded,
  };
}

/** Every staged element as a plain loop finds it. */
function expected(image: Image, input: ArrayLike<number>, fill: number): number[] {
  const f = fieldsOf(image);
  const result: number[] = [];
  for (let n = 0; n < f.images; n++) {
    for (let y = -f.top; y < f.stagedHeight - f.top; y++) {
      for (let x = -f.left; x < f.stagedWidth - f.left; x++) {
        for (let c = 0; c < f.stagedChannels; c++) {
          const inside = y >= 0 && y < f.height && x >= 0 && x < f.width && c < f.channels;
          const at = ((n * f.height + y) * f.width + x) * f.sourceStride + c;
          result.push(inside ? (input[at] ?? 0) : fill);
        }
      }
    }
  }
  return result;
}

function sourceLength(image: Image): number {
  const f = fieldsOf(image);
  return f.images * f.height * f.width * f.sourceStride;
}

describe.each(runnableVariants())('staging, %s', (variant) => {
  it.each([
    ['as it is', stageMode.unsigned, (value: number) => value],
    ['with the sign bit flipped', stageMode.flipped, (value: number) => value ^ 0x80],
    ['widened to i16', stageMode.widened, (value: number) => value],
  ] as const)('copies u8 images into a border, %s', (_, mode, convert) => {
    fc.assert(
      fc.property(images, fc.integer(), fc.integer({ min: 0, max: 255 }), (image, seed, fill) => {
        const sandbox = emptySandbox(variant);
        const input = activations(sourceLength(image), seed);
        const wanted = expected(image, input, fill).map(convert);
        const output = sandbox.reserve(wanted.length * (mode === stageMode.widened ? 2 : 1));
        const fields = { ...fieldsOf(image), input: sandbox.place(input), output, fill, mode };
        sandbox.run('u8_stage', fields, fields.images * fields.stagedHeight, 2);
        const type = mode === stageMode.widened ? Int16Array : Uint8Array;
        expect([...sandbox.read<Int16Array | Uint8Array>(type, output, wanted.length)]).toEqual(wanted);
      }),
    );
  });

  it('copies f32 images into a border of zeros', () => {
    fc.assert(
      fc.property(images, fc.integer(), (image, seed) => {
        const sandbox = emptySandbox(variant);
        const input = floats(sourceLength(image), seed);
        const wanted = expected(image, input, 0);
        const output = sandbox.reserve(wanted.length * 4);
        const fields = { ...fieldsOf(image), input: sandbox.place(input), output, fill: 0, mode: 0 };
        sandbox.run('f32_stage', fields, fields.images * fields.stagedHeight, 2);
        expect([...sandbox.read(Float32Array, output, wanted.length)]).toEqual(wanted);
      }),
    );
  });
});
