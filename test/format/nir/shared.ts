import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = (name: string): string =>
  fileURLToPath(new URL(`../../../../shared/data/${name}/`, import.meta.url));

export const nirFolder = folder('nir');
export const nmnistFolder = folder('nmnist');
export const hasNir = existsSync(nirFolder);
export const hasNmnist = existsSync(nmnistFolder);
export const why = 'needs the recorded data of NIR and N-MNIST, which are no part of the package';

export const recordedGraph = (name: string): Uint8Array => readFileSync(`${nirFolder}${name}.nir`);

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

const readers: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  '<f4': [4, (view, at) => view.getFloat32(at, true)],
  '<f8': [8, (view, at) => view.getFloat64(at, true)],
  '<i8': [8, (view, at) => Number(view.getBigInt64(at, true))],
  '|i1': [1, (view, at) => view.getInt8(at)],
};

/** An array that NumPy saved, version 1 of its format, in C order. */
export function recordedArray(name: string): NpyArray {
  const bytes = readFileSync(`${nirFolder}${name}.npy`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = 10 + view.getUint16(8, true);
  const header = bytes.subarray(10, begin).toString('latin1');
  const type = /'descr': '([^']+)'/.exec(header)?.[1] ?? '';
  const shape = [...(/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').matchAll(/\d+/g)].map(([size]) =>
    Number(size),
  );
  const reader = readers[type];
  if (!reader || header.includes("'fortran_order': True"))
    throw new Error(`${name} is of a kind that is not read`);
  const count = shape.reduce((n, size) => n * size, 1);
  return {
    shape,
    data: Float64Array.from({ length: count }, (_, i) => reader[1](view, begin + i * reader[0])),
  };
}

/** Samples of N-MNIST with their classes, in order. */
export function nmnistSamples(): readonly (readonly [file: string, label: number])[] {
  const lines = readFileSync(`${nmnistFolder}labels.txt`, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [sample = '', label = ''] = line.trim().split(/\s+/);
    return [`${nmnistFolder}${sample}.bs2`, Number(label)];
  });
}
