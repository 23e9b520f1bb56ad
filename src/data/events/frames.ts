import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { EventRecording } from './recording.js';

export interface FrameOptions {
  /** Microseconds of a frame. */
  readonly window: number;
  /** Frames wanted: later events are left out, missing frames are empty. Default: as many as have passed whole. */
  readonly steps?: number;
  /** Microseconds at which the first frame begins. Default: the first event. */
  readonly start?: number;
}

/** Events counted by frame, polarity, row and column: [steps, 2, height, width]. */
export interface EventFrames {
  readonly shape: readonly [steps: number, polarities: 2, height: number, width: number];
  readonly data: Uint8Array;
}

const known = ['window', 'steps', 'start'];
const greatestElements = 2 ** 28;
const greatestCount = 255;

function checkOptions({ window, steps, start, ...others }: FrameOptions): void {
  const reject = (where: string, message: string): never => {
    throw new SpikeletError('invalid-option', message, { where });
  };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) reject(unknown, `there is no such option${knownNames(unknown, known)}`);
  if (!(Number.isFinite(window) && window > 0))
    reject('window', `must be more than 0 microseconds, got ${window}`);
  if (steps !== undefined && !(Number.isInteger(steps) && steps > 0)) {
    reject('steps', `must be a whole number of frames from 1 on, got ${steps}`);
  }
  if (start !== undefined && !Number.isFinite(start)) reject('start', `must be microseconds, got ${start}`);
}

/**
 * Counts the events of a recording in frames of equal time: one step of a spiking network for each. Counts stop at
 * 255. Throws `invalid-option`, and `invalid-input` where there is no event or less than one whole frame.
 *
 * @example
 * const { shape, data } = eventFrames(readNmnist(bytes), { window: 1000 });
 */
export function eventFrames(events: EventRecording, options: FrameOptions): EventFrames {
  checkOptions(options);
  const { width, height, time } = events;
  const reject = (message: string): never => {
    throw new SpikeletError('invalid-input', message, { where: 'events' });
  };
  const { window, start = time[0] ?? 0 } = options;
  const passed = Math.floor(((time.at(-1) ?? start) - start) / window);
  const steps = options.steps ?? passed;
  if (steps < 1)
    reject(`take less than one frame of ${window} microseconds: choose a shorter one, or give steps`);
  const perPolarity = width * height;
  const perFrame = 2 * perPolarity;
  if (steps * perFrame > greatestElements)
    reject(`make ${steps} frames of ${perFrame}: more than can be held`);
  const data = new Uint8Array(steps * perFrame);
  time.forEach((at, i) => {
    const frame = Math.floor((at - start) / window);
    if (frame < 0 || frame >= steps) return;
    const pixel = (events.y[i] ?? 0) * width + (events.x[i] ?? 0);
    const index = frame * perFrame + (events.polarity[i] ?? 0) * perPolarity + pixel;
    data[index] = Math.min(greatestCount, (data[index] ?? 0) + 1);
  });
  return { shape: [steps, 2, height, width], data };
}
