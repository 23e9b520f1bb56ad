import { convertIndexedToRgb, type DecodedPng, decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { SpikeletError } from '../../error.js';
import type { Pixels } from '../pixels.js';
import { readWhole } from './whole-file.js';

/** Largest picture in millions of pixels, so that a small hostile file cannot fill memory. */
const largestMegapixels = 100;

/** Decodes a PNG or JPEG. Throws `invalid-input` that names the picture, `unsupported` for any other format. */
export function decodeImage(bytes: Uint8Array, name: string): Pixels {
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) {
    throw new SpikeletError('unsupported', 'is neither a PNG nor a JPEG picture', { where: name });
  }
  try {
    return isPng ? fromPng(bytes) : fromJpeg(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = cause instanceof RangeError ? `it is damaged or cut off (${reason})` : reason;
    throw new SpikeletError('invalid-input', `the picture cannot be decoded: ${what}`, {
      where: name,
      cause,
    });
  }
}

/** Reads a PNG or JPEG file. Throws `not-found`, `invalid-input` or `unsupported`, naming the file. */
export const readImage = (path: string): Pixels => decodeImage(readWhole(path, 'a picture'), path);

function fromJpeg(bytes: Uint8Array): Pixels {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    maxResolutionInMP: largestMegapixels,
  });
  return { width, height, channels: 3, data };
}

function fromPng(bytes: Uint8Array): Pixels {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(16) * header.getUint32(20) > largestMegapixels * 1e6) {
    throw new Error(`more than ${largestMegapixels} million pixels`);
  }
  const png = decodePng(bytes, { checkCrc: true });
  const { width, height } = png;
  if (png.palette) {
    const data = convertIndexedToRgb(png);
    return { width, height, channels: png.palette[0]?.length === 4 ? 4 : 3, data };
  }
  const data = toBytes(png);
  switch (png.channels) {
    case 1:
    case 3:
    case 4:
      return { width, height, channels: png.channels, data };
    default:
      return { width, height, channels: 4, data: grayWithAlpha(data) };
  }
}

/** Samples of 1, 2, 4, 8 or 16 bits as bytes. */
function toBytes({ width, height, channels, depth, data }: DecodedPng): Uint8Array {
  if (depth === 8) return Uint8Array.from(data);
  if (depth === 16) return Uint8Array.from(data, (value) => value >> 8);
  const perRow = width * channels;
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const greatest = 2 ** depth - 1;
  return Uint8Array.from({ length: perRow * height }, (_, i) => {
    const bit = (i % perRow) * depth;
    const packed = data[Math.floor(i / perRow) * rowBytes + (bit >> 3)] ?? 0;
    return (((packed >> (8 - depth - (bit & 7))) & greatest) * 255) / greatest;
  });
}

function grayWithAlpha(data: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: data.length * 2 }, (_, i) => {
    const at = Math.floor(i / 4) * 2;
    return data[i % 4 === 3 ? at + 1 : at] ?? 0;
  });
}
