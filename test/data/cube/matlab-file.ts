import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { SampleType } from '../../../src/data/cube/samples.js';
import { concatenated } from '../archives.js';
import { bytesOf, pixelMajor, type TestScene } from './envi-file.js';

const elementCodes: Readonly<Record<SampleType, number>> = {
  i8: 1,
  u8: 2,
  i16: 3,
  u16: 4,
  i32: 5,
  u32: 6,
  f32: 7,
  f64: 9,
  i64: 12,
  u64: 13,
};

/** Codes of classes of arrays. */
export const matlabClasses = {
  struct: 2,
  char: 4,
  sparse: 5,
  double: 6,
  single: 7,
  uint8: 9,
  int16: 10,
} as const;

/** An array of a file, its numbers with the first index fastest. */
export interface MatlabArray {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly values: readonly number[];
  readonly stored: SampleType;
  readonly class?: number;
  readonly isComplex?: boolean;
}

function element(type: number, data: Uint8Array, little: boolean): Uint8Array {
  if (data.length > 0 && data.length <= 4) {
    const small = new Uint8Array(8);
    new DataView(small.buffer).setUint32(0, (data.length << 16) | type, little);
    small.set(data, 4);
    return small;
  }
  const result = new Uint8Array(8 + Math.ceil(data.length / 8) * 8);
  const view = new DataView(result.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, data.length, little);
  result.set(data, 8);
  return result;
}

/** An array as an element of a file. */
export function matrixOf(array: MatlabArray, little = true): Uint8Array {
  const code = (array.class ?? matlabClasses.double) | (array.isComplex ? 0x800 : 0);
  const numbers = element(elementCodes[array.stored], bytesOf(array.values, array.stored, little), little);
  return element(
    14,
    concatenated(
      element(6, bytesOf([code, 0], 'u32', little), little),
      element(5, bytesOf(array.dimensions, 'i32', little), little),
      element(1, new TextEncoder().encode(array.name), little),
      numbers,
    ),
    little,
  );
}

/** A compressed element, which is not filled up to 8 bytes. */
export function compressedOf(inner: Uint8Array, little = true): Uint8Array {
  const packed = deflateSync(inner);
  return concatenated(bytesOf([15, packed.length], 'u32', little), packed);
}

/** A file of version 5, written by the letter of the format. */
export function matlab5Of(elements: readonly Uint8Array[], { little = true } = {}): Uint8Array {
  const header = new Uint8Array(128).fill(0x20);
  header.set(new TextEncoder().encode('MATLAB 5.0 MAT-file, made by a test'));
  new DataView(header.buffer).setUint16(124, 0x0100, little);
  new DataView(header.buffer).setUint16(126, 0x4d49, little);
  return concatenated(header, ...elements);
}

/** A scene as an array of rows, columns and bands. */
export function arrayOf(name: string, scene: TestScene, stored: SampleType = 'i16'): MatlabArray {
  const values: number[] = [];
  for (let band = 0; band < scene.bands; band++) {
    for (let column = 0; column < scene.width; column++) {
      for (let row = 0; row < scene.height; row++) values.push(scene.value(row, column, band));
    }
  }
  return { name, dimensions: [scene.height, scene.width, scene.bands], values, stored };
}

/** One band of whole numbers as a matrix. */
export function labelsOf(name: string, scene: TestScene, stored: SampleType = 'u8'): MatlabArray {
  return { ...arrayOf(name, scene, stored), dimensions: [scene.height, scene.width] };
}

/** 16-bit integers, singles or doubles. */
type Hdf5Type = '<h' | '<f' | '<d';

export interface Hdf5Options {
  readonly type?: Hdf5Type;
  readonly chunks?: number[];
  readonly compression?: number;
  /** Dimensions and order as MATLAB writes them, or as others do. */
  readonly isMatlab?: boolean;
}

let made = 0;

/** A file of version 7.3: HDF5 behind a header of 512 bytes; or plain HDF5. */
export async function matlab73Of(
  variables: Readonly<Record<string, TestScene>>,
  { type = '<h', chunks, compression, isMatlab = true }: Hdf5Options = {},
): Promise<Uint8Array> {
  const { default: h5wasm } = await import('h5wasm/node');
  const { FS } = await h5wasm.ready;
  const path = join(tmpdir(), `spikelet-test-${process.pid}-${made++}.h5`);
  const file = new h5wasm.File(path, 'w');
  for (const [name, scene] of Object.entries(variables)) {
    const { height, width, bands } = scene;
    const values = isMatlab ? arrayOf(name, scene).values : [...pixelMajor(scene)];
    const flat = bands === 1 ? [height, width] : [height, width, bands];
    const dataset = file.create_dataset({
      name,
      data: arrayForType(type, values),
      shape: isMatlab ? flat.reverse() : flat,
      dtype: type,
      ...(chunks && { chunks }),
      ...(compression !== undefined && { compression }),
    });
    if (isMatlab) dataset.create_attribute('MATLAB_class', 'int16');
  }
  file.close();
  const bytes = Uint8Array.from(FS?.readFile(path) ?? []);
  FS?.unlink(path);
  const front = new Uint8Array(isMatlab ? 512 : 0);
  if (isMatlab) front.set(new TextEncoder().encode('MATLAB 7.3 MAT-file, made by a test'));
  return concatenated(front, bytes);
}

function arrayForType(type: Hdf5Type, values: readonly number[]): Int16Array | Float32Array | Float64Array {
  switch (type) {
    case '<h':
      return Int16Array.from(values);
    case '<f':
      return Float32Array.from(values);
    case '<d':
      return Float64Array.from(values);
  }
}
