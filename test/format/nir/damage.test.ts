import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../../src/error.js';
import { fromNir } from '../../../src/format/nir/index.js';
import { Source } from '../source.js';
import { array, chain, list, nirFile } from './nir-file.js';
import { refusal } from './run.js';
import { hasNir, recordedGraph, why } from './shared.js';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const spec = chain(
  [4],
  {
    fc: {
      type: 'Affine',
      weight: array([3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
      bias: list(1, 2, 3),
    },
    lif: {
      type: 'LIF',
      tau: list(1, 1, 1),
      r: list(1, 1, 1),
      v_leak: list(0, 0, 0),
      v_threshold: list(1, 1, 1),
    },
  },
  [3],
);

describe('files that are no NIR graphs', () => {
  test.each([
    ['nothing', new Uint8Array(), 'is not HDF5'],
    ['text', new TextEncoder().encode('no model at all'), 'is not HDF5'],
    ['a signature alone', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), 'damaged'],
  ])('%s', (_, bytes, message) => {
    const error = refusal(bytes);
    expect(error.code).toBe('invalid-model');
    expect(error.message).toContain(message);
  });

  test('HDF5 without a graph', async () => {
    const bytes = await nirFile(spec);
    const name = bytes.findIndex((_, i) => new TextDecoder().decode(bytes.subarray(i, i + 5)) === 'edges');
    bytes[name] = 'E'.charCodeAt(0);
    expect(refusal(bytes)).toMatchObject({ code: 'invalid-model', where: 'edges' });
  });

  test('cut off anywhere', async () => {
    const bytes = await nirFile(spec);
    for (let part = 1; part < 24; part++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 24));
      try {
        fromNir(cut, { steps: 2, timeStep: 1e-3 });
      } catch (error) {
        expect(error).toBeInstanceOf(SpikeletError);
      }
    }
  });
});

describe('claims that a file cannot keep', () => {
  /** Replaces every 32-bit number of one value. */
  const replace = (bytes: Uint8Array, from: number, to: number): number => {
    const view = new DataView(bytes.buffer);
    let found = 0;
    for (let i = 0; i + 4 <= bytes.length; i++) {
      if (view.getUint32(i, true) !== from) continue;
      view.setUint32(i, to, true);
      found++;
    }
    return found;
  };
  const columns = 499_979;
  const wide = () =>
    nirFile(
      chain(
        [2],
        { fc: { type: 'Linear', weight: array([2, columns], new Array<number>(2 * columns).fill(0)) } },
        [2],
      ),
    );

  test('an array that unpacks to more than its shape', async () => {
    const bytes = await wide();
    expect(bytes.length).toBeLessThan(2 ** 16);
    // Shape and chunks become [2, 2]; the compressed data stays as it is.
    expect(replace(bytes, columns, 2)).toBeGreaterThanOrEqual(2);
    const error = refusal(bytes);
    expect(error).toMatchObject({ code: 'invalid-model', where: 'node/nodes/fc/weight' });
    expect(error.message).toContain('unpacks to more than');
  });

  test('an array of endless size', async () => {
    const bytes = await wide();
    replace(bytes, columns, 2 ** 31);
    const error = refusal(bytes);
    expect(error).toMatchObject({ code: 'invalid-model', where: 'node/nodes/fc/weight' });
    expect(error.message).toContain('claims 4294967296 elements');
  });
});

/** Reads a file damaged at random many times; gives the longest time that it took, in milliseconds. */
function longestRead(whole: Uint8Array, cases: number): number {
  const source = new Source(seed);
  let longest = 0;
  for (let i = 0; i < cases; i++) {
    const bytes = Uint8Array.from(whole);
    for (let edits = source.integer(1, 8); edits > 0; edits--) {
      bytes[source.integer(0, bytes.length - 1)] = source.integer(0, 255);
    }
    const start = performance.now();
    try {
      fromNir(bytes, { steps: 2, timeStep: 1e-4 });
    } catch (error) {
      if (!(error instanceof SpikeletError) || error.code === 'internal') throw error;
    }
    longest = Math.max(longest, performance.now() - start);
  }
  return longest;
}

describe(`random damage (seed ${seed}) gives a result or a SpikeletError, in bounded time`, () => {
  test('in a file of a newer HDF5 library', async () => {
    expect(longestRead(await nirFile(spec), 150)).toBeLessThan(10_000);
  }, 60_000);

  test.skipIf(!hasNir)(
    `in a file of NIR itself (${why})`,
    () => {
      expect(longestRead(recordedGraph('01_lif/lif_norse'), 150)).toBeLessThan(10_000);
    },
    60_000,
  );
});
