import type { GeoTIFFImage } from 'geotiff';
import { SpikeletError } from '../../error.js';
import type { Samples } from './cube.js';
import { checkClaim, type Raster } from './raster.js';

export const isTiff = (bytes: Uint8Array): boolean => {
  const [a, b, c, d] = bytes;
  const little = a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0;
  const big = a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
  return little || big;
};

/** A block of compressed samples larger than this would not be told from an attack. */
const largestBlock = 1 << 28;

/** The blocks of an image as its directory lists them. */
interface Blocks {
  readonly kind: 'strip' | 'tile';
  readonly offsets: ArrayLike<number | bigint>;
  readonly sizes: ArrayLike<number | bigint>;
  readonly expected: number;
  /** Bytes of a whole block once unpacked. */
  readonly bytes: number;
}

const numbers = (value: unknown): ArrayLike<number | bigint> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
    ? (value as ArrayLike<number | bigint>)
    : [];

async function blocksOf(image: GeoTIFFImage): Promise<Blocks> {
  const directory = image.fileDirectory;
  const kind = directory.hasTag('TileOffsets') ? 'tile' : 'strip';
  const [offsetsTag, sizesTag] =
    kind === 'tile'
      ? (['TileOffsets', 'TileByteCounts'] as const)
      : (['StripOffsets', 'StripByteCounts'] as const);
  const across = Math.ceil(image.getWidth() / image.getTileWidth());
  const down = Math.ceil(image.getHeight() / image.getTileHeight());
  const isPlanar = directory.getValue('PlanarConfiguration') === 2;
  return {
    kind,
    offsets: numbers(await directory.loadValue(offsetsTag)),
    sizes: numbers(await directory.loadValue(sizesTag)),
    expected: across * down * (isPlanar ? image.getSamplesPerPixel() : 1),
    bytes:
      image.getTileWidth() *
      image.getTileHeight() *
      (isPlanar ? image.getSampleByteSize(0) : image.getBytesPerPixel()),
  };
}

/** Throws unless every block of the image lies within the file: the library would take zeros for what is missing. */
async function checkBlocks(image: GeoTIFFImage, length: number, name: string): Promise<void> {
  const { kind, offsets, sizes, expected, bytes } = await blocksOf(image);
  const where = `${name}: ${kind === 'tile' ? 'TileOffsets' : 'StripOffsets'}`;
  if (offsets.length !== expected || sizes.length !== expected) {
    throw new SpikeletError(
      'invalid-input',
      `lists ${offsets.length} ${kind}s with ${sizes.length} sizes, expected ${expected}`,
      { where },
    );
  }
  if (!(bytes > 0 && bytes <= largestBlock)) {
    throw new SpikeletError('invalid-input', `a ${kind} of ${bytes} bytes is too large`, { where });
  }
  const isPacked = image.fileDirectory.getValue('Compression') !== 1;
  for (let i = 0; i < expected; i++) {
    const [offset, size] = [Number(offsets[i]), Number(sizes[i])];
    if (!(size > 0 && offset + size <= length)) {
      throw new SpikeletError(
        'invalid-input',
        `${kind} ${i} of ${expected} lies at bytes ${offset} to ${offset + size} of ${length}: the file is cut off or damaged`,
        { where: `${name}: byte ${Math.min(offset, length)}` },
      );
    }
    const isLast = kind === 'strip' && (i + 1) % Math.ceil(image.getHeight() / image.getTileHeight()) === 0;
    if (!isPacked && !isLast && size < bytes) {
      throw new SpikeletError('invalid-input', `${kind} ${i} has ${size} bytes, expected ${bytes}`, {
        where,
      });
    }
  }
}

function checkSampleTypes(image: GeoTIFFImage, name: string): void {
  const directory = image.fileDirectory;
  const bits = [...new Set(Array.from(numbers(directory.getValue('BitsPerSample')), Number))];
  const formats = [...new Set(Array.from(numbers(directory.getValue('SampleFormat') ?? [1]), Number))];
  const [bit = 8] = bits;
  const [format = 1] = formats;
  const known = format === 3 ? [32, 64] : format === 1 || format === 2 ? [8, 16, 32] : [];
  if (bits.length > 1 || formats.length > 1 || !known.includes(bit)) {
    throw new SpikeletError(
      'unsupported',
      `samples of ${bits.join(' and ')} bits in format ${formats.join(' and ')}; read are integers of 8, 16 and 32 bits and floats of 32 and 64, one type for all bands`,
      { where: `${name}: BitsPerSample, SampleFormat` },
    );
  }
}

const isSamples = (data: unknown): data is Samples =>
  data instanceof Uint8Array ||
  data instanceof Int8Array ||
  data instanceof Uint16Array ||
  data instanceof Int16Array ||
  data instanceof Uint32Array ||
  data instanceof Int32Array ||
  data instanceof Float32Array ||
  data instanceof Float64Array;

async function firstImage(bytes: Uint8Array, name: string, memoryLimit: number): Promise<Raster> {
  const { fromArrayBuffer } = await import('geotiff');
  const tiff = await fromArrayBuffer(Uint8Array.from(bytes).buffer);
  const image = await tiff.getImage(0);
  const [height, width, bands] = [image.getHeight(), image.getWidth(), image.getSamplesPerPixel()];
  checkSampleTypes(image, name);
  checkClaim(
    [height, width, bands],
    image.getSampleByteSize(0),
    memoryLimit,
    `${name}: ImageLength, ImageWidth, SamplesPerPixel`,
  );
  await checkBlocks(image, bytes.length, name);
  const data = await image.readRasters({ interleave: true });
  if (!isSamples(data) || data.length !== height * width * bands) {
    throw new SpikeletError('unsupported', 'the samples are of a type that is not read', { where: name });
  }
  const ignored = image.getGDALNoData();
  return { name, height, width, bands, data, ...(ignored !== null && { ignored }) };
}

/** Reads the first image of a TIFF file: strips or tiles, chunky or planar, in the compressions of the library. */
export async function readGeoTiff(bytes: Uint8Array, name: string, memoryLimit: number): Promise<Raster> {
  try {
    return await firstImage(bytes, name, memoryLimit);
  } catch (cause) {
    if (cause instanceof SpikeletError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SpikeletError(
      'invalid-input',
      `the TIFF file is damaged, cut off or not supported (${reason})`,
      {
        where: name,
        cause,
      },
    );
  }
}
