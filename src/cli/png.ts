import { encode } from 'fast-png';
import type { Pixels } from '../data/pixels.js';

/** A picture as the bytes of a PNG file. */
export function encodePng({ width, height, channels, data }: Pixels): Uint8Array {
  return encode({ width, height, channels, depth: 8, data });
}
