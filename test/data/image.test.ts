import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { imageToTensor, type Pixels, probabilities, topClasses } from '../../src/data/index.js';
import { decodeImage, readImage } from '../../src/data/node.js';
import type { GraphInput } from '../../src/graph/graph.js';
import { temporaryFolder } from './archives.js';

const inputOf = (shape: readonly number[], extra: Partial<GraphInput> = {}): GraphInput => ({
  name: 'image',
  type: { dtype: 'f32', shape },
  ...extra,
});

const meaning = { kind: 'image', channels: 'rgb', mean: [0.5, 0.25, 0], std: [0.5, 0.25, 1] } as const;

const pixelsOf = (width: number, height: number, channels: 1 | 3 | 4, data: readonly number[]): Pixels => ({
  width,
  height,
  channels,
  data: Uint8Array.from(data),
});

describe('imageToTensor', () => {
  it('normalises planes of a picture of the right size', () => {
    const pixels = pixelsOf(2, 1, 3, [255, 0, 51, 0, 255, 102]);
    const { dtype, shape, data } = imageToTensor(pixels, inputOf([1, 3, 1, 2], { meaning }));
    expect([dtype, shape]).toEqual(['f32', [1, 3, 1, 2]]);
    [1, -1, -1, 3, 0.2, 0.4].forEach((expected, i) => {
      expect(data[i]).toBeCloseTo(expected, 6);
    });
  });

  it('takes channels in the order that is meant, and bytes for u8', () => {
    const bgr = { ...meaning, channels: 'bgr', mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const pixels = pixelsOf(1, 1, 3, [10, 20, 30]);
    const bytes = { name: 'image', type: { dtype: 'u8', shape: [1, 3, 1, 1] }, meaning: bgr } as const;
    expect([...imageToTensor(pixels, bytes).data]).toEqual([30, 20, 10]);
    const gray = imageToTensor(pixels, inputOf([1, 1, 1, 1]));
    expect(gray.data[0]).toBeCloseTo((0.299 * 10 + 0.587 * 20 + 0.114 * 30) / 255, 6);
    expect([...imageToTensor(pixelsOf(1, 1, 1, [51]), inputOf([1, 3, 1, 1])).data]).toEqual(
      [0.2, 0.2, 0.2].map(Math.fround),
    );
  });

  it('lays transparency over white', () => {
    const { data } = imageToTensor(pixelsOf(1, 1, 4, [0, 0, 0, 0]), inputOf([1, 3, 1, 1]));
    expect([...data]).toEqual([1, 1, 1]);
  });

  it('keeps a flat picture flat at any size and fit', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, size, size, fc.constantFrom('crop', 'stretch'), (w, h, tw, th, fit) => {
        const pixels = pixelsOf(w, h, 1, new Array<number>(w * h).fill(102));
        const { data } = imageToTensor(pixels, inputOf([1, 1, th, tw]), { fit });
        expect(data.every((x) => Math.abs(x - 0.4) < 1e-5)).toBe(true);
      }),
    );
  });

  it('averages when it shrinks and interpolates when it enlarges', () => {
    const stripes = pixelsOf(
      64,
      1,
      1,
      Array.from({ length: 64 }, (_, i) => (i % 2) * 255),
    );
    const shrunk = imageToTensor(stripes, inputOf([1, 1, 1, 4]), { fit: 'stretch' });
    for (const x of shrunk.data) expect(x).toBeCloseTo(0.5, 1);
    const edge = pixelsOf(2, 1, 1, [0, 255]);
    const enlarged = imageToTensor(edge, inputOf([1, 1, 1, 4]), { fit: 'stretch' });
    [0, 0.25, 0.75, 1].forEach((expected, i) => {
      expect(enlarged.data[i]).toBeCloseTo(expected, 5);
    });
  });

  it('cuts what sticks out, or squeezes it in', () => {
    const wide = pixelsOf(4, 2, 1, [255, 0, 0, 255, 255, 0, 0, 255]);
    expect([...imageToTensor(wide, inputOf([1, 1, 2, 2])).data]).toEqual([0, 0, 0, 0]);
    const squeezed = imageToTensor(wide, inputOf([1, 1, 2, 2]), { fit: 'stretch' }).data;
    expect(squeezed.every((x) => x > 0.3)).toBe(true);
  });

  it('refuses inputs that are not one image, and pictures that are not whole', () => {
    const pixels = pixelsOf(1, 1, 3, [1, 2, 3]);
    for (const shape of [
      [1, 10],
      [2, 3, 4, 4],
      [1, 2, 4, 4],
      [1, 3, 4],
    ]) {
      expect(() => imageToTensor(pixels, inputOf(shape))).toThrow("input 'image'");
    }
    const gray = { ...meaning, channels: 'gray' } as const;
    expect(() => imageToTensor(pixels, inputOf([1, 3, 1, 1], { meaning: gray }))).toThrow('do not go with');
    expect(() => imageToTensor({ ...pixels, width: 2 }, inputOf([1, 3, 1, 1]))).toThrow(
      '3 bytes do not make',
    );
  });
});

describe('decodeImage', () => {
  it('reads PNG of any depth, with palette and with transparency', () => {
    const deep = encode({
      width: 1,
      height: 1,
      channels: 3,
      depth: 16,
      data: Uint16Array.of(0xffff, 0x8000, 0x00ff),
    });
    expect([...decodeImage(deep, 'deep').data]).toEqual([255, 128, 0]);
    const grayAlpha = encode({ width: 1, height: 1, channels: 2, depth: 8, data: Uint8Array.of(7, 9) });
    expect(decodeImage(grayAlpha, 'ga')).toMatchObject({ channels: 4, data: Uint8Array.of(7, 7, 7, 9) });
    const gray = encode({ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(5, 6) });
    expect(decodeImage(gray, 'g')).toMatchObject({ channels: 1, data: Uint8Array.of(5, 6) });
    const bits = encode({
      width: 3,
      height: 2,
      channels: 1,
      depth: 1,
      data: Uint8Array.of(0b10100000, 0b01000000),
    });
    expect([...decodeImage(bits, 'bits').data]).toEqual([255, 0, 255, 0, 255, 0]);
  });

  it('reads JPEG', () => {
    const data = new Uint8Array(16 * 16 * 4).map((_, i) => [200, 100, 50, 255][i % 4] ?? 0);
    const { data: bytes } = jpeg.encode({ width: 16, height: 16, data }, 95);
    const pixels = decodeImage(bytes, 'a.jpg');
    expect(pixels).toMatchObject({ width: 16, height: 16, channels: 3 });
    [200, 100, 50].forEach((expected, c) => {
      expect(Math.abs((pixels.data[c] ?? 0) - expected)).toBeLessThan(6);
    });
  });

  it('names the file that is missing, damaged or something else', () => {
    const path = join(temporaryFolder(), 'odd.png');
    expect(() => readImage(path)).toThrow(path);
    writeFileSync(path, 'GIF89a');
    expect(() => readImage(path)).toThrow('neither a PNG nor a JPEG');
    const png = encode({ width: 8, height: 8, channels: 1, depth: 8, data: new Uint8Array(64) });
    for (let length = 8; length < png.length; length += 5) {
      expect(() => decodeImage(png.subarray(0, length), 'cut.png')).toThrow('cut.png');
    }
    const huge = png.slice();
    new DataView(huge.buffer).setUint32(16, 100_000);
    new DataView(huge.buffer).setUint32(20, 100_000);
    expect(() => decodeImage(huge, 'huge.png')).toThrow('million pixels');
  });
});

describe('topClasses', () => {
  it('ranks classes with their shares', () => {
    const [first, second] = topClasses([1, 3, 2], ['a', 'b', 'c'], 2);
    expect(first).toMatchObject({ index: 1, label: 'b' });
    expect(first?.probability).toBeCloseTo(0.6652, 4);
    expect(second).toMatchObject({ index: 2, label: 'c' });
    expect(topClasses([0, 0], undefined, 5).map(({ label }) => label)).toEqual(['class 0', 'class 1']);
  });

  it('takes probabilities as they are', () => {
    expect([...probabilities([0.25, 0.75])]).toEqual([0.25, 0.75]);
    expect([...probabilities([1000, 0])]).toEqual([1, 0]);
  });
});
