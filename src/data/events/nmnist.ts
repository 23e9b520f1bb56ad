import { SpikeletError } from '../../error.js';
import type { EventRecording } from './recording.js';

const eventBytes = 5;
/** Pixels of a side. */
const side = 34;
/** Row that marks an overflow of the sensor's clock instead of an event, and what it adds to the time. */
const overflowRow = 240;
const overflowTime = 2 ** 13;
const timeBits = 0x7f;

export interface NmnistOptions {
  /** Name of the file, for errors. */
  readonly name?: string;
}

function reject(where: string, message: string): never {
  throw new SpikeletError('invalid-input', message, { where });
}

function checkBytes(bytes: Uint8Array, name: string): void {
  if (!ArrayBuffer.isView(bytes)) reject(name, 'must be a Uint8Array with the contents of the file');
  if (bytes.length === 0) reject(name, 'is empty');
  if (bytes.length % eventBytes === 0) return;
  const message = `has ${bytes.length} bytes, which is no multiple of ${eventBytes}: it is cut off or no N-MNIST file`;
  reject(name, message);
}

/**
 * Reads an N-MNIST recording: 5 bytes an event, x, y, then 1 bit of polarity and 23 bits of microseconds, highest
 * first. Throws `invalid-input` that names the event where the file is cut off, an event lies outside of the 34x34
 * pixels, or time runs backwards.
 *
 * @example
 * const recording = readNmnist(await readFile('00004.bin'));
 */
export function readNmnist(bytes: Uint8Array, { name = 'recording' }: NmnistOptions = {}): EventRecording {
  checkBytes(bytes, name);
  const slots = bytes.length / eventBytes;
  const x = new Uint16Array(slots);
  const y = new Uint16Array(slots);
  const polarity = new Uint8Array(slots);
  const time = new Float64Array(slots);
  let count = 0;
  let carried = 0;
  for (let slot = 0; slot < slots; slot++) {
    const [column = 0, row = 0, high = 0, middle = 0, low = 0] = bytes.subarray(eventBytes * slot);
    if (row === overflowRow) {
      carried += overflowTime;
      continue;
    }
    const where = `${name}: event ${slot}`;
    if (column >= side || row >= side) {
      reject(where, `is at (${column}, ${row}), outside of the ${side}x${side} pixels`);
    }
    const now = carried + (((high & timeBits) << 16) | (middle << 8) | low);
    const before = time[count - 1] ?? 0;
    if (now < before) reject(where, `is at ${now} microseconds, before the ${before} of the one before it`);
    x[count] = column;
    y[count] = row;
    polarity[count] = high >> 7;
    time[count] = now;
    count++;
  }
  const kept = { x: x.slice(0, count), y: y.slice(0, count), polarity: polarity.slice(0, count) };
  return { width: side, height: side, ...kept, time: time.slice(0, count) };
}
