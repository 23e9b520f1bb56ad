import { SpikeletError } from '../../error.js';
import { hdf5Offset } from '../../hdf5/signature.js';
import type { Cube, GroundTruth } from './cube.js';
import { isEnviHeader } from './envi/header.js';
import { readEnvi } from './envi/read.js';
import { isTiff, readGeoTiff } from './geotiff.js';
import { isMatlab5, readMatlab5 } from './matlab/level5.js';
import { readMatlab73 } from './matlab/level73.js';
import { defaultMemoryLimit, type Raster, toCube, toGroundTruth } from './raster.js';
import { byPixel, columnMajor, interleaves } from './samples.js';

/** Bytes of a file with a name for messages. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface DecodeOptions {
  /** The `.hdr` file of an ENVI data file. */
  readonly header?: NamedBytes;
  /** Which variable of a MATLAB file to take, where several could be meant. */
  readonly variable?: string;
  /** Most bytes that the samples may take (default 1 GiB). */
  readonly memoryLimit?: number;
  /** Takes an ENVI header at its word even if the samples then look like noise. */
  readonly trustHeader?: boolean;
}

export interface CubeOptions extends DecodeOptions {
  /** What to take for samples that are NaN, infinite or equal to the file's ignore value; without it they are an error. */
  readonly missing?: number;
}

export type CubeFormat = 'matlab5' | 'matlab73' | 'geotiff' | 'envi-header';

/** What a file is, by its content; ENVI data files have none of their own and are known by their header. */
export function cubeFormat(bytes: Uint8Array): CubeFormat | undefined {
  if (isMatlab5(bytes)) return 'matlab5';
  if (hdf5Offset(bytes) >= 0) return 'matlab73';
  if (isTiff(bytes)) return 'geotiff';
  return isEnviHeader(bytes) ? 'envi-header' : undefined;
}

function unknownFormat(bytes: Uint8Array, name: string): SpikeletError {
  const isHeader = isEnviHeader(bytes);
  const message = isHeader
    ? 'is an ENVI header; give the data file, and this as `header`'
    : 'is no MATLAB file of version 5 or 7.3, no GeoTIFF, and comes without an ENVI header';
  return new SpikeletError(isHeader ? 'invalid-input' : 'unsupported', message, { where: `${name}: byte 0` });
}

async function decode(
  bytes: Uint8Array,
  name: string,
  dimensions: 2 | 3,
  options: DecodeOptions,
): Promise<Raster> {
  const { header, variable, memoryLimit = defaultMemoryLimit, trustHeader = false } = options;
  if (header) return readEnvi(bytes, name, header.bytes, header.name, { memoryLimit, trustHeader });
  const format = cubeFormat(bytes);
  switch (format) {
    case 'geotiff':
      return readGeoTiff(bytes, name, memoryLimit);
    case 'matlab5':
    case 'matlab73': {
      const read = format === 'matlab5' ? readMatlab5 : readMatlab73;
      const {
        dimensions: sizes,
        samples,
        ...rest
      } = await read(bytes, name, dimensions, variable, memoryLimit);
      const [height = 0, width = 0, bands = 1] = sizes;
      const shape = { height, width, bands };
      const isColumnMajor = !('isMatlab' in rest) || rest.isMatlab === true;
      const strides = isColumnMajor ? columnMajor(shape) : interleaves.bip(shape);
      return { name, ...shape, data: byPixel(samples, shape, strides) };
    }
    case 'envi-header':
    case undefined:
      throw unknownFormat(bytes, name);
  }
}

/**
 * A hyperspectral scene from the bytes of a file: MATLAB (version 5, compressed or not; 7.3), GeoTIFF with several
 * bands, or ENVI (BSQ, BIL, BIP) with its header.
 *
 * Throws `invalid-input` that names the file, the field and the byte where it is damaged, cut off or contradicts
 * itself; `unsupported` for kinds that are not read; `out-of-memory` before more than `memoryLimit` is taken.
 *
 * @param name For messages; of an ENVI file also to compare its suffix (`.bil`) with the header.
 * @example
 * const cube = await decodeCube(new Uint8Array(await file.arrayBuffer()), file.name);
 * console.log(cube.height, cube.width, cube.bands);
 */
export async function decodeCube(bytes: Uint8Array, name: string, options: CubeOptions = {}): Promise<Cube> {
  return toCube(await decode(bytes, name, 3, options), options.missing);
}

/**
 * Labels of a scene from the bytes of a file in one of the formats of `decodeCube`: a matrix of MATLAB, or one band of
 * whole numbers; ENVI classification files give their class names and colours along.
 *
 * @example
 * const truth = await decodeGroundTruth(bytes, 'SalinasA_gt.mat');
 */
export async function decodeGroundTruth(
  bytes: Uint8Array,
  name: string,
  options: DecodeOptions = {},
): Promise<GroundTruth> {
  return toGroundTruth(await decode(bytes, name, 2, options));
}
