import type { Samples } from '../../../src/data/cube/cube.js';
import {
  type Interleave,
  interleaves,
  type SampleType,
  sampleBytes,
} from '../../../src/data/cube/samples.js';

/** A scene as its values by row, column and band. */
export interface TestScene {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  value(row: number, column: number, band: number): number;
}

/** Samples of a scene with the bands of a pixel together, as doubles. */
export function pixelMajor({ height, width, bands, value }: TestScene): Float64Array {
  const result = new Float64Array(height * width * bands);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let band = 0; band < bands; band++) result[at++] = value(row, column, band);
    }
  }
  return result;
}

type Put = (view: DataView, at: number, value: number, little: boolean) => void;

const puts: Readonly<Record<SampleType, Put>> = {
  u8: (view, at, value) => view.setUint8(at, value),
  i8: (view, at, value) => view.setInt8(at, value),
  u16: (view, at, value, little) => view.setUint16(at, value, little),
  i16: (view, at, value, little) => view.setInt16(at, value, little),
  u32: (view, at, value, little) => view.setUint32(at, value, little),
  i32: (view, at, value, little) => view.setInt32(at, value, little),
  f32: (view, at, value, little) => view.setFloat32(at, value, little),
  f64: (view, at, value, little) => view.setFloat64(at, value, little),
  u64: (view, at, value, little) => view.setBigUint64(at, BigInt(value), little),
  i64: (view, at, value, little) => view.setBigInt64(at, BigInt(value), little),
};

/** Writes one number in one of the types of files. */
export function putSample(
  view: DataView,
  at: number,
  type: SampleType,
  value: number,
  little: boolean,
): void {
  puts[type](view, at, value, little);
}

/** Bytes of numbers in one of the types of files. */
export function bytesOf(values: Iterable<number>, type: SampleType, little: boolean): Uint8Array {
  const list = [...values];
  const bytes = new Uint8Array(list.length * sampleBytes[type]);
  const view = new DataView(bytes.buffer);
  list.forEach((value, i) => {
    putSample(view, i * sampleBytes[type], type, value, little);
  });
  return bytes;
}

export const enviCodes: Readonly<Partial<Record<SampleType, number>>> = {
  u8: 1,
  i16: 2,
  i32: 3,
  f32: 4,
  f64: 5,
  u16: 12,
  u32: 13,
};

export interface EnviForm {
  readonly interleave: Interleave;
  readonly type: SampleType;
  readonly littleEndian: boolean;
  readonly offset: number;
}

export const plainForm: EnviForm = { interleave: 'bsq', type: 'i16', littleEndian: true, offset: 0 };

/** Header and data file of a scene. `fields` are added to the header, or replace its own. */
export function enviOf(
  scene: TestScene,
  form: Partial<EnviForm> = {},
  fields: Readonly<Record<string, string | number | undefined>> = {},
): { readonly header: Uint8Array; readonly data: Uint8Array } {
  const { interleave, type, littleEndian, offset } = { ...plainForm, ...form };
  const strides = interleaves[interleave](scene);
  const { height, width, bands } = scene;
  const data = new Uint8Array(offset + height * width * bands * sampleBytes[type]).fill(0x5a, 0, offset);
  const view = new DataView(data.buffer);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let band = 0; band < bands; band++) {
        const index = row * strides.row + column * strides.column + band * strides.band;
        const at = offset + index * sampleBytes[type];
        putSample(view, at, type, scene.value(row, column, band), littleEndian);
      }
    }
  }
  const all = {
    description: '{\n  made by a test,\n  in two lines}',
    samples: width,
    lines: height,
    bands,
    'header offset': offset,
    'file type': 'ENVI Standard',
    'data type': enviCodes[type],
    interleave,
    'byte order': littleEndian ? 0 : 1,
    ...fields,
  };
  return { header: headerOf(all), data };
}

export function headerOf(fields: Readonly<Record<string, string | number | undefined>>): Uint8Array {
  const lines = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${value}`],
  );
  return new TextEncoder().encode(['ENVI', '; a comment', ...lines, ''].join('\n'));
}

export const numbers = (data: Samples): readonly number[] => Array.from(data);
