import { SpikeletError } from '../../../error.js';
import type { Colour, CubeShape, Samples } from '../cube.js';
import { checkClaim, type Raster } from '../raster.js';
import {
  byPixel,
  type Interleave,
  interleaves,
  type SampleType,
  sampleBytes,
  samplesOf,
} from '../samples.js';
import {
  type EnviHeader,
  fieldError,
  listField,
  numberField,
  numbersField,
  parseHeader,
  textField,
} from './header.js';
import { checkPlausible } from './plausible.js';

/** The format's codes of types that can be read; the others are complex or of 64 bits. */
const types: Readonly<Record<number, SampleType>> = {
  1: 'u8',
  2: 'i16',
  3: 'i32',
  4: 'f32',
  5: 'f64',
  12: 'u16',
  13: 'u32',
};

/** How the samples lie in the data file. */
export interface EnviLayout extends CubeShape {
  readonly type: SampleType;
  readonly interleave: Interleave;
  readonly littleEndian: boolean;
  readonly offset: number;
}

export interface EnviOptions {
  readonly memoryLimit: number;
  readonly trustHeader: boolean;
}

const isInterleave = (text: string): text is Interleave => Object.hasOwn(interleaves, text);

function interleaveOf(header: EnviHeader, dataName: string): Interleave {
  const text = textField(header, 'interleave')?.toLowerCase() ?? '';
  if (!isInterleave(text)) {
    throw fieldError(header, 'interleave', `is ${JSON.stringify(text)}, expected bsq, bil or bip`);
  }
  const suffix = /\.(bsq|bil|bip)$/i.exec(dataName)?.[1]?.toLowerCase() ?? text;
  if (suffix !== text) {
    throw fieldError(
      header,
      'interleave',
      `is ${text}, but the data file is ${dataName}: one of them is wrong`,
    );
  }
  return text;
}

function littleEndianOf(header: EnviHeader, type: SampleType): boolean {
  const order = numberField(header, 'byte order', sampleBytes[type] === 1 ? 0 : undefined);
  if (order === 0 || order === 1) return order === 0;
  throw fieldError(header, 'byte order', `is ${order}, expected 0 (little endian) or 1 (big endian)`);
}

function layoutOf(header: EnviHeader, dataName: string): EnviLayout {
  const code = numberField(header, 'data type');
  const type = types[code];
  if (type === undefined) {
    const known = Object.keys(types).join(', ');
    throw fieldError(header, 'data type', `is ${code}; supported are ${known}`, 'unsupported');
  }
  const size = (key: string): number => {
    const value = numberField(header, key);
    if (Number.isInteger(value) && value > 0) return value;
    throw fieldError(header, key, `is ${value}, expected a whole number above 0`);
  };
  const offset = numberField(header, 'header offset', 0);
  if (!Number.isInteger(offset) || offset < 0) {
    throw fieldError(header, 'header offset', `is ${offset}, expected a whole number of bytes`);
  }
  return {
    height: size('lines'),
    width: size('samples'),
    bands: size('bands'),
    type,
    interleave: interleaveOf(header, dataName),
    littleEndian: littleEndianOf(header, type),
    offset,
  };
}

/** What the header may ask for that is not done. */
function checkSupported(header: EnviHeader): void {
  if (numberField(header, 'file compression', 0) !== 0) {
    throw fieldError(
      header,
      'file compression',
      'compressed data files are not read; unpack it',
      'unsupported',
    );
  }
  for (const key of ['major frame offsets', 'minor frame offsets']) {
    if (numbersField(header, key, 2)?.some((offset) => offset !== 0)) {
      throw fieldError(header, key, 'frames around lines or bands are not read', 'unsupported');
    }
  }
  const kind = textField(header, 'file type') ?? 'ENVI Standard';
  if (!/^(ENVI )?(standard|classification)$/i.test(kind)) {
    throw fieldError(header, 'file type', `is '${kind}', expected 'ENVI Standard'`, 'unsupported');
  }
}

/** Throws unless the data file has just the bytes that the header claims. */
function checkSize(data: Uint8Array, dataName: string, header: EnviHeader, layout: EnviLayout): void {
  const { height, width, bands, type, offset } = layout;
  const perBand = height * width * sampleBytes[type];
  const expected = offset + perBand * bands;
  if (data.length === expected) return;
  const room = ((data.length - offset) / perBand).toFixed(2).replace(/\.00$/, '');
  throw new SpikeletError(
    'invalid-input',
    `has ${data.length} bytes, but ${header.name} claims ${expected}: ${height} lines of ${width} samples with ` +
      `${bands} bands of ${type} after ${offset} bytes. The file has room for ${room} such bands: it is cut off ` +
      'or the header belongs to another',
    { where: `${dataName}: byte ${Math.min(data.length, expected)}` },
  );
}

/** `gain * sample + offset` for each band, if the header asks for it. */
function calibrated(header: EnviHeader, samples: Samples, bands: number): Samples {
  const gains = numbersField(header, 'data gain values', bands);
  const offsets = numbersField(header, 'data offset values', bands);
  const changes = gains?.some((gain) => gain !== 1) || offsets?.some((offset) => offset !== 0);
  if (!changes) return samples;
  return Float32Array.from(
    samples,
    (value, i) => value * (gains?.[i % bands] ?? 1) + (offsets?.[i % bands] ?? 0),
  );
}

/** Three numbers a class. */
function coloursOf(header: EnviHeader, classes: number): readonly Colour[] | undefined {
  const numbers = numbersField(header, 'class lookup', 3 * classes);
  const byte = (i: number): number => Math.min(255, Math.max(0, Math.round(numbers?.[i] ?? 0)));
  return (
    numbers && Array.from({ length: classes }, (_, c) => [byte(3 * c), byte(3 * c + 1), byte(3 * c + 2)])
  );
}

function annotations(header: EnviHeader, bands: number): Partial<Raster> {
  const wavelengths = numbersField(header, 'wavelength', bands);
  const wavelengthUnit = textField(header, 'wavelength units');
  const bandNames = listField(header, 'band names', bands);
  const ignored = textField(header, 'data ignore value');
  const scale = header.fields.has('reflectance scale factor')
    ? numberField(header, 'reflectance scale factor')
    : undefined;
  if (scale !== undefined && scale <= 0) {
    throw fieldError(header, 'reflectance scale factor', `is ${scale}, expected a number above 0`);
  }
  const classes = header.fields.has('classes') ? numberField(header, 'classes') : undefined;
  const classNames = classes === undefined ? undefined : listField(header, 'class names', classes);
  const colours = classes === undefined ? undefined : coloursOf(header, classes);
  return {
    ...(wavelengths && { wavelengths }),
    ...(wavelengthUnit && { wavelengthUnit }),
    ...(bandNames && { bandNames }),
    ...(ignored !== undefined && { ignored: Number(ignored) }),
    ...(scale !== undefined && { reflectanceScale: scale }),
    ...(classNames && { classNames }),
    ...(colours && { colours }),
  };
}

/** Reads an ENVI data file with the bytes of its header. */
export function readEnvi(
  data: Uint8Array,
  name: string,
  headerBytes: Uint8Array,
  headerName: string,
  options: EnviOptions,
): Raster {
  const header = parseHeader(headerBytes, headerName);
  checkSupported(header);
  const layout = layoutOf(header, name);
  const { height, width, bands, type, littleEndian, offset } = layout;
  checkClaim([height, width, bands], sampleBytes[type], options.memoryLimit, headerName);
  const about = annotations(header, bands);
  checkSize(data, name, header, layout);
  if (!options.trustHeader) checkPlausible(data.subarray(offset), layout, name, headerName);
  const samples = samplesOf(data.subarray(offset), type, littleEndian, name);
  const ordered = byPixel(samples, layout, interleaves[layout.interleave](layout));
  return { name, height, width, bands, data: calibrated(header, ordered, bands), ...about };
}
