import { SpikeletError } from '../../error.js';
import type { Pixels } from '../pixels.js';
import { type Pickled, unpickle } from './pickle.js';

export const cifarSize = 32;
const pixelCount = cifarSize * cifarSize;
const imageBytes = 3 * pixelCount;

/** Some pictures of CIFAR: each 3 planes (red, green, blue) of 32x32 bytes, in one array. */
export interface CifarBatch {
  readonly name: string;
  readonly labels: Uint8Array;
  /** Byte of the first picture's first plane, and bytes from one picture to the next. */
  readonly offset: number;
  readonly stride: number;
  readonly data: Uint8Array;
}

/** A file of the binary version: records of 1 (CIFAR-10) or 2 (CIFAR-100; the second counts) labels and 3072 bytes. */
export function readBinaryBatch(data: Uint8Array, labelBytes: 1 | 2, name: string): CifarBatch {
  const stride = labelBytes + imageBytes;
  if (data.length === 0 || data.length % stride !== 0) {
    throw new SpikeletError(
      'invalid-input',
      `has ${data.length} bytes, which is no multiple of ${stride}: not a whole CIFAR batch`,
      { where: name },
    );
  }
  const labels = Uint8Array.from(
    { length: data.length / stride },
    (_, i) => data[i * stride + labelBytes - 1] ?? 0,
  );
  return { name, labels, offset: labelBytes, stride, data };
}

/** A file of the Python version; `labelKey` is `labels` (CIFAR-10) or `fine_labels` (CIFAR-100). */
export function readPythonBatch(bytes: Uint8Array, labelKey: string, name: string): CifarBatch {
  const batch = dictionary(unpickle(bytes, name), name);
  const array = batch.get('data');
  const labels = batch.get(labelKey);
  const isArray = array !== null && typeof array === 'object' && 'kind' in array && array.kind === 'array';
  if (!isArray || !Array.isArray(labels) || !labels.every(isLabel)) {
    throw new SpikeletError('invalid-input', `holds no 'data' of bytes with '${labelKey}'`, { where: name });
  }
  if (array.data.length !== labels.length * imageBytes || labels.length === 0) {
    throw new SpikeletError(
      'invalid-input',
      `has ${array.data.length} bytes of pictures for ${labels.length} labels, expected ${imageBytes} each`,
      { where: name },
    );
  }
  return { name, labels: Uint8Array.from(labels), offset: 0, stride: imageBytes, data: array.data };
}

const isLabel = (value: Pickled): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 256;

function dictionary(value: Pickled, name: string): ReadonlyMap<Pickled, Pickled> {
  if (value instanceof Map) return value;
  throw new SpikeletError('invalid-input', 'is a pickle, but not of a dictionary', { where: name });
}

/** The class names in `batches.meta` or `meta` of the Python version. */
export function readPythonClasses(bytes: Uint8Array, key: string, name: string): readonly string[] {
  const names = dictionary(unpickle(bytes, name), name).get(key);
  if (!Array.isArray(names) || !names.every((item): item is string => typeof item === 'string')) {
    throw new SpikeletError('invalid-input', `holds no class names '${key}'`, { where: name });
  }
  return names;
}

/** Picture `index` of a batch. */
export function cifarPixels(batch: CifarBatch, index: number): Pixels {
  const from = batch.offset + index * batch.stride;
  const data = new Uint8Array(imageBytes);
  for (let i = 0; i < pixelCount; i++) {
    for (let c = 0; c < 3; c++) data[i * 3 + c] = batch.data[from + c * pixelCount + i] ?? 0;
  }
  return { width: cifarSize, height: cifarSize, channels: 3, data };
}
