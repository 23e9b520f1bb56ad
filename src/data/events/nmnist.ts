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

/**
 * Reads an N-MNIST recording: 5 bytes an event, x, y, then 1 bit of polarity and 23 bits of microseconds, highest
 * first. Throws `invalid-input` that names the event where the file is cut off, an event lies outside of the 34x34
 * pixels, or time runs backwards.
 *
 * @example
 * const recording = readNmnist(await readFile('00004.bin'));
 */
export function readNmnist(bytes: Uint8Array, { name = 'recording' }: NmnistOptions = {}): EventRecording {
  const reject = (where: string, message: string): never => {
    throw new SpikeletError('invalid-input', message, { where: `${name}${where}` });
  };
  if (!ArrayBuffer.isView(bytes)) reject('', 'must be a Uint8Array with the contents of the file');
  if (bytes.length === 0) reject('', 'is empty');
  if (bytes.length % eventBytes !== 0) {
    reject(
      '',
      `has ${bytes.length} bytes, which is no multiple of ${eventBytes}: it is cut off or no N-MNIST file`,
    );
  }
  const slots = bytes.length / eventBytes;
  const columns = {
    x: new Uint16Array(slots),
    y: new Uint16Array(slots),
    polarity: new Uint8Array(slots),
    time: new Float64Array(slots),
  };
  let count = 0;
  let carried = 0;
  let before = 0;
  for (let slot = 0; slot < slots; slot++) {
    const [x = 0, y = 0, high = 0, middle = 0, low = 0] = bytes.subarray(
      slot * eventBytes,
      (slot + 1) * eventBytes,
    );
    if (y === overflowRow) {
      carried += overflowTime;
      continue;
    }
    const where = `: event ${slot}`;
    if (x >= side || y >= side) reject(where, `is at (${x}, ${y}), outside of the ${side}x${side} pixels`);
    const time = carried + (((high & timeBits) << 16) | (middle << 8) | low);
    if (time < before) reject(where, `is at ${time} microseconds, before the ${before} of the one before it`);
    columns.x[count] = x;
    columns.y[count] = y;
    columns.polarity[count] = high >> 7;
    columns.time[count] = time;
    before = time;
    count++;
  }
  return {
    width: side,
    height: side,
    x: columns.x.slice(0, count),
    y: columns.y.slice(0, count),
    polarity: columns.polarity.slice(0, count),
    time: columns.time.slice(0, count),
  };
}
