import { describe, expect, test } from 'vitest';
import { eventFrames, readNmnist } from '../../../src/data/index.js';
import { SpikeletError } from '../../../src/error.js';

type Event = readonly [x: number, y: number, polarity: number, time: number];

const recorded = (...events: readonly Event[]): Uint8Array =>
  Uint8Array.from(events.flatMap(([x, y, p, t]) => [x, y, (p << 7) | (t >> 16), (t >> 8) & 255, t & 255]));

function refused(call: () => unknown): SpikeletError {
  try {
    call();
  } catch (error) {
    if (error instanceof SpikeletError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('N-MNIST recordings', () => {
  test('have 5 bytes an event: x, y, polarity and 23 bits of microseconds', () => {
    const events = readNmnist(recorded([1, 2, 1, 3], [33, 0, 0, 70_000], [0, 33, 1, 2 ** 23 - 1]));
    expect(Array.from(events.x)).toEqual([1, 33, 0]);
    expect(Array.from(events.y)).toEqual([2, 0, 33]);
    expect(Array.from(events.polarity)).toEqual([1, 0, 1]);
    expect(Array.from(events.time)).toEqual([3, 70_000, 8_388_607]);
    expect([events.width, events.height]).toEqual([34, 34]);
  });

  test('carry the time on at an overflow of the clock, which is no event', () => {
    const events = readNmnist(recorded([1, 1, 0, 8000], [0, 240, 0, 0], [2, 2, 0, 8]));
    expect(Array.from(events.time)).toEqual([8000, 8200]);
  });

  test.each([
    ['nothing', new Uint8Array(), 'short.bin', 'is empty'],
    ['a cut off file', recorded([1, 1, 1, 1]).subarray(0, 4), 'short.bin', 'no multiple of 5'],
    ['an event outside', recorded([1, 1, 1, 1], [34, 0, 0, 2]), 'short.bin: event 1', 'is at (34, 0)'],
    ['time that runs backwards', recorded([1, 1, 1, 9], [1, 1, 1, 8]), 'short.bin: event 1', 'before the 9'],
  ])('%s is refused', (_, bytes, where, message) => {
    const error = refused(() => readNmnist(bytes, { name: 'short.bin' }));
    expect(error).toMatchObject({ code: 'invalid-input', where });
    expect(error.message).toContain(message);
  });
});

describe('frames of events', () => {
  const events = readNmnist(
    recorded([0, 0, 0, 100], [0, 0, 0, 199], [1, 0, 1, 200], [0, 1, 1, 399], [5, 5, 1, 410]),
  );
  const counted = ({ shape, data }: ReturnType<typeof eventFrames>) => {
    const [, , height, width] = shape;
    return Array.from(data).flatMap((count, i) => {
      const [t, p] = [Math.floor(i / (2 * height * width)), Math.floor(i / (height * width)) % 2];
      return count ? [[t, p, Math.floor(i / width) % height, i % width, count]] : [];
    });
  };

  test('count by time from the first event, polarity, row and column; the last part of a frame is left out', () => {
    const frames = eventFrames(events, { window: 100 });
    expect(frames.shape).toEqual([3, 2, 34, 34]);
    expect(counted(frames)).toEqual([
      [0, 0, 0, 0, 2],
      [1, 1, 0, 1, 1],
      [2, 1, 1, 0, 1],
    ]);
  });

  test('begin where and are as many as is said', () => {
    const frames = eventFrames(events, { window: 100, steps: 5, start: 0 });
    expect(frames.shape[0]).toBe(5);
    expect(counted(frames).map(([t]) => t)).toEqual([1, 2, 3, 4]);
  });

  test('stop counting at 255', () => {
    const many = readNmnist(recorded(...Array.from({ length: 300 }, () => [3, 3, 1, 5] as const)));
    expect(eventFrames(many, { window: 10, steps: 1 }).data.reduce((a, b) => Math.max(a, b))).toBe(255);
  });

  test.each([
    [{ window: 0 }, 'invalid-option', 'window'],
    [{ window: 10, steps: 0 }, 'invalid-option', 'steps'],
    [{ window: 10, frames: 2 }, 'invalid-option', 'frames'],
    [{ window: 1e6 }, 'invalid-input', 'events'],
    [{ window: 1e-6 }, 'invalid-input', 'events'],
  ])('%j is refused', (options, code, where) => {
    expect(refused(() => eventFrames(events, options))).toMatchObject({ code, where });
  });
});
