import { SpikeletError } from '../error.js';

/** A decoded picture: rows from the top, `channels` interleaved bytes a pixel (1 gray, 3 RGB, 4 RGBA). */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Throws `invalid-input` if the bytes do not make up a picture of the given size. */
export function checkPixels(pixels: Pixels): void {
  const { width, height, channels, data } = pixels;
  const sized = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!sized || ![1, 3, 4].includes(channels) || data.length !== width * height * channels) {
    throw new SpikeletError(
      'invalid-input',
      `${data.length} bytes do not make a picture of ${width}x${height} with ${channels} channels`,
    );
  }
}

/**
 * Planes of a picture as numbers from 0 to 255: [3][height * width] or, for gray, [1]. Transparency is laid over
 * white; gray from colours is the ITU-R BT.601 luma.
 */
export function planes(pixels: Pixels, order: 'rgb' | 'bgr' | 'gray'): readonly Float32Array[] {
  const count = pixels.width * pixels.height;
  const colour = [0, 1, 2].map((c) => plane(pixels, pixels.channels === 1 ? 0 : c, count));
  const [red, green, blue] = colour as [Float32Array, Float32Array, Float32Array];
  switch (order) {
    case 'rgb':
      return [red, green, blue];
    case 'bgr':
      return [blue, green, red];
    case 'gray':
      return [
        pixels.channels === 1
          ? red
          : red.map((r, i) => 0.299 * r + 0.587 * (green[i] ?? 0) + 0.114 * (blue[i] ?? 0)),
      ];
  }
}

function plane({ channels, data }: Pixels, channel: number, count: number): Float32Array {
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const value = data[i * channels + channel] ?? 0;
    const alpha = channels === 4 ? (data[i * 4 + 3] ?? 255) / 255 : 1;
    result[i] = value * alpha + 255 * (1 - alpha);
  }
  return result;
}
