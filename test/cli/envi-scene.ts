import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cube, GroundTruth } from '../../src/data/cube/cube.js';

function write(
  folder: string,
  name: string,
  type: number,
  bytes: Uint8Array,
  { height, width, bands }: { readonly height: number; readonly width: number; readonly bands: number },
): string {
  const header = [
    'ENVI',
    `samples = ${width}`,
    `lines = ${height}`,
    `bands = ${bands}`,
    `data type = ${type}`,
    'interleave = bip',
    'byte order = 0',
  ];
  writeFileSync(join(folder, `${name}.img`), bytes);
  const path = join(folder, `${name}.hdr`);
  writeFileSync(path, `${header.join('\n')}\n`);
  return path;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Writes a cube of 16-bit integers or f32 as an ENVI scene and gives the path of its header. */
export function enviFiles(folder: string, name: string, cube: Cube): string {
  const type = cube.data instanceof Float32Array ? 4 : 2;
  return write(folder, name, type, bytesOf(cube.data), cube);
}

/** Writes labels of 8 bits as an ENVI scene of one band and gives the path of its header. */
export function enviLabels(folder: string, name: string, truth: GroundTruth): string {
  return write(folder, name, 1, bytesOf(truth.labels), { ...truth, bands: 1 });
}
