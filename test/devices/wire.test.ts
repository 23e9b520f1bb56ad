import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32, plainCrc32 } from '../../src/devices/wire/crc32.js';
import { type Frame, frameHeader, readFrame, writeFrame } from '../../src/devices/wire/frame.js';
import { Assembler, split } from '../../src/devices/wire/parts.js';
import { messageId, readMessageId } from '../../src/devices/wire/subjects.js';
import { readContents, writeContents, writeTensors } from '../../src/devices/wire/values.js';
import { SpikeletError } from '../../src/error.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { cutWidths } from '../../src/pipeline/index.js';
import { packValues, unpackValues } from '../../src/pipeline/run/parcel.js';

const bytes = (most: number) => fc.uint8Array({ maxLength: most });

test('the checksum is that of zip files', () => {
  fc.assert(
    fc.property(bytes(300), (data) => {
      expect(plainCrc32(data)).toBe(zlibCrc32(data));
      expect(crc32(data)).toBe(zlibCrc32(data));
    }),
  );
});

const frames: fc.Arbitrary<Frame> = fc
  .record({
    item: fc.maxSafeNat(),
    attempt: fc.nat(2 ** 32 - 1),
    part: fc.nat(99),
    more: fc.nat(99),
    rest: fc.nat(1000),
    bytes: bytes(200),
  })
  .map(({ item, attempt, part, more, rest, bytes: data }) => ({
    ...{ item, attempt, part, parts: part + 1 + more, total: data.length + rest, bytes: data },
  }));

describe('a message of a queue', () => {
  test('says what was written', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(readFrame(writeFrame(frame))).toEqual(frame);
      }),
    );
  });

  test('with any one byte changed is refused', () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, place, change) => {
        const message = writeFrame(frame);
        const at = place % message.length;
        message[at] = (message[at] ?? 0) ^ change;
        expect(() => readFrame(message)).toThrow(SpikeletError);
      }),
    );
  });

  test('of any bytes is refused with a typed error', () => {
    fc.assert(
      fc.property(bytes(200), (data) => {
        expect(() => readFrame(data)).toThrow(SpikeletError);
      }),
    );
  });
});

describe('a parcel in parts', () => {
  const parcels = fc.record({ parcel: bytes(500), room: fc.integer({ min: 20, max: 200 }) });

  test('is put together from parts that come twice and in any order', () => {
    fc.assert(
      fc.property(parcels, fc.infiniteStream(fc.nat()), ({ parcel, room }, order) => {
        const messages = split(3, 1, parcel, frameHeader + room);
        expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(frameHeader + room);
        const shuffled = [...messages, ...messages]
          .map((message) => ({ message, rank: order.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank);
        const assembler = new Assembler(parcel.length, 4);
        const whole = shuffled.flatMap(({ message }) => assembler.add(readFrame(message)) ?? []);
        expect(whole.length).toBeGreaterThanOrEqual(1);
        for (const found of whole) expect(found).toEqual(parcel);
      }),
    );
  });

  test('is given up, the oldest first, where too many are not complete', () => {
    const [first, second] = split(0, 1, new Uint8Array(40), frameHeader + 20).map(readFrame);
    const assembler = new Assembler(40, 2);
    if (first) assembler.add(first);
    for (const item of [1, 2]) if (first) assembler.add({ ...first, item });
    expect(assembler.incomplete).toBe(2);
    expect(second && assembler.add(second)).toBeUndefined();
    expect(second && assembler.add({ ...second, item: 2 })).toEqual(new Uint8Array(40));
  });

  test('larger than expected, or with parts that do not fit, is refused', () => {
    const [frame] = split(0, 1, new Uint8Array(40), frameHeader + 20).map(readFrame);
    if (!frame) return expect.unreachable();
    expect(() => new Assembler(39, 2).add(frame)).toThrow('has 40 bytes, at most 39 are expected');
    const assembler = new Assembler(100, 2);
    assembler.add(frame);
    expect(() => assembler.add({ ...frame, parts: 3 })).toThrow('another size');
    expect(() => assembler.add({ ...frame, part: 1, bytes: new Uint8Array(3) })).toThrow('has 23 bytes');
  });
});

function tensorOf(dtype: Tensor['dtype'], shape: readonly number[], numbers: readonly number[]): Tensor {
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: Float32Array.from(numbers) };
    case 'i32':
      return { dtype, shape, data: Int32Array.from(numbers) };
    case 'u8':
      return { dtype, shape, data: Uint8Array.from(numbers) };
    case 'i8':
      return { dtype, shape, data: Int8Array.from(numbers) };
  }
}

const tensors: fc.Arbitrary<Record<string, Tensor>> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = fc.array(fc.integer({ min: 0, max: 127 }), { minLength: count, maxLength: count });
    return fc
      .tuple(fc.constantFrom('f32', 'i32', 'u8', 'i8'), values)
      .map(([dtype, numbers]) => tensorOf(dtype, shape, numbers));
  }),
  { maxKeys: 4 },
);

describe('the values of an item', () => {
  test.each(cutWidths)('arrive as the cut of width %s gives them', (width) => {
    fc.assert(
      fc.property(tensors, (values) => {
        const { values: arrived } = readContents(writeTensors(values, width), width);
        expect(unpackValues(arrived, width)).toEqual(unpackValues(packValues(values, width), width));
      }),
    );
  });

  test('may be the error that became of it', () => {
    const error = { code: 'out-of-memory', where: 'conv 3', message: 'no room' } as const;
    expect(readContents(writeContents({ values: {}, error }), 'f32')).toEqual({ values: {}, error });
  });

  test('that were cut short, made longer or changed give typed errors or values, never anything else', () => {
    fc.assert(
      fc.property(tensors, fc.nat(), fc.nat(255), fc.boolean(), (values, place, byte, isCut) => {
        const parcel = writeTensors(values, 'f32');
        const at = place % parcel.length;
        if (!isCut) parcel[at] = byte;
        try {
          readContents(isCut ? parcel.subarray(0, at) : parcel, 'f32');
        } catch (error) {
          expect(error).toBeInstanceOf(SpikeletError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('a message is known by a name that can be read again', () => {
  const name = fc.record({
    epoch: fc.nat(),
    stage: fc.nat(),
    item: fc.nat(),
    attempt: fc.nat(),
    part: fc.nat(),
  });
  fc.assert(
    fc.property(name, (given) => {
      expect(readMessageId(messageId(given))).toEqual(given);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^\d+(\.\d+){4}$/.test(text));
      expect(readMessageId(text)).toBeUndefined();
    }),
  );
});
