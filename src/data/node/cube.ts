import { existsSync, readFileSync, statSync } from 'node:fs';
import { SpikeletError } from '../../error.js';
import type { Cube, GroundTruth } from '../cube/cube.js';
import {
  type CubeOptions,
  cubeFormat,
  type DecodeOptions,
  decodeCube,
  decodeGroundTruth,
  type NamedBytes,
} from '../cube/decode.js';
import { defaultMemoryLimit } from '../cube/raster.js';

/** Suffixes that ENVI data files have beside their header. */
const dataSuffixes = ['', '.img', '.dat', '.raw', '.bil', '.bsq', '.bip', '.bin', '.cube'];
const isHeaderName = (path: string): boolean => /\.hdr$/i.test(path);

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

function readBytes(path: string, memoryLimit: number): NamedBytes {
  if (!isFile(path)) throw new SpikeletError('not-found', 'there is no such file', { where: path });
  const { size } = statSync(path);
  // Headers and compression aside, a file is as large as its samples; Node reads 2 GiB at most.
  if (size > Math.min(memoryLimit + (1 << 24), 2 ** 31 - 1)) {
    throw new SpikeletError('out-of-memory', `has ${size} bytes, more than the limit of ${memoryLimit}`, {
      where: path,
    });
  }
  const { buffer, byteOffset, length } = readFileSync(path);
  return { name: path, bytes: new Uint8Array(buffer, byteOffset, length) };
}

/** The data file of an ENVI header: `scene`, `scene.img`, ... beside `scene.hdr`. */
function dataBeside(header: string): string {
  const base = header.replace(/\.hdr$/i, '');
  const candidates = dataSuffixes.flatMap((suffix) => [`${base}${suffix}`, `${base}${suffix.toUpperCase()}`]);
  const found = candidates.find(isFile);
  if (found !== undefined) return found;
  throw new SpikeletError(
    'not-found',
    `there is no data file beside this header; looked for ${dataSuffixes.map((suffix) => `${base}${suffix}`).join(', ')}`,
    { where: header },
  );
}

/** The header of an ENVI data file: `scene.hdr` or `scene.img.hdr` beside `scene.img`. */
function headerBeside(data: string): string | undefined {
  const base = data.replace(/\.[^./\\]*$/, '');
  return [base, data].flatMap((path) => [`${path}.hdr`, `${path}.HDR`]).find(isFile);
}

/** The file to decode, with its header if it is ENVI's. */
function openScene(path: string, options: DecodeOptions): NamedBytes & { readonly options: DecodeOptions } {
  const { memoryLimit = defaultMemoryLimit } = options;
  if (isHeaderName(path)) {
    const header = readBytes(path, memoryLimit);
    return { ...readBytes(dataBeside(path), memoryLimit), options: { ...options, header } };
  }
  const file = readBytes(path, memoryLimit);
  const known = cubeFormat(file.bytes) !== undefined;
  const header = known || options.header ? undefined : headerBeside(path);
  if (header === undefined) return { ...file, options };
  return { ...file, options: { ...options, header: readBytes(header, memoryLimit) } };
}

/**
 * Reads a hyperspectral scene, recognising its format by content: MATLAB (5 or 7.3), GeoTIFF, or ENVI by its header or
 * its data file, the other of the two being found beside it.
 *
 * Throws `not-found` if a file is not there, and what `decodeCube` throws.
 *
 * @example
 * const cube = await readCube('SalinasA_corrected.mat');
 * const other = await readCube('flight-line.hdr', { missing: 0 });
 */
export async function readCube(path: string, options: CubeOptions = {}): Promise<Cube> {
  const { missing } = options;
  const scene = openScene(path, options);
  return decodeCube(scene.bytes, scene.name, { ...scene.options, ...(missing !== undefined && { missing }) });
}

/**
 * Reads the labels of a scene, in the formats of `readCube`.
 *
 * @example
 * const truth = await readGroundTruth('SalinasA_gt.mat');
 */
export async function readGroundTruth(path: string, options: DecodeOptions = {}): Promise<GroundTruth> {
  const scene = openScene(path, options);
  return decodeGroundTruth(scene.bytes, scene.name, scene.options);
}
