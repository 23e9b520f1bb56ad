import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Announcement,
  type Assignment,
  readAnnouncement,
  readAssignment,
  readBeat,
  readChunkRequest,
  readFault,
  readReply,
  tryRead,
  writeJson,
} from '../../src/devices/wire/messages.js';

const hash = 'ab'.repeat(32);

const announcement: Announcement = {
  ...{ id: 'a1', name: 'kitchen tablet', type: 'tablet', memory: 1e9, speed: 3.5e9, isLeaving: false },
  work: {
    ...{ run: 'r1', epoch: 3, stage: 1, fileBytes: 1000 },
    ...{ items: 7, busyMs: 12.5, starvedMs: 0, blockedMs: 1, queue: 2 },
  },
};

const assignment: Assignment = {
  ...{ run: 'r1', epoch: 3, stage: 1, lane: 0, nextLanes: 2, begin: 4, end: 9, credits: 2 },
  ...{ inputWidth: 'f32', outputWidth: 8, inputBytes: 4096, window: 12 },
  ...{ model: { sha256: hash, bytes: 10 }, file: { sha256: hash, bytes: 20 } },
};

const kinds = [
  ['announcement', readAnnouncement, announcement],
  ['assignment', readAssignment, assignment],
  ['reply', readReply, { error: { code: 'closed', where: 'x', message: 'is busy' } }],
  ['beat', readBeat, { epoch: 4 }],
  ['fault', readFault, { epoch: 4, item: 5, attempt: 1 }],
  ['request for a part of a file', readChunkRequest, { sha256: hash, offset: 0 }],
] as const;

describe.each(kinds)('%s', (_, read: (bytes: Uint8Array) => unknown, example) => {
  test('says what was written', () => expect(read(writeJson(example))).toEqual(example));

  test('with a field too many is refused', () => {
    expect(tryRead(read, writeJson({ ...example, more: 1 }))).toBeUndefined();
  });

  test('of any JSON, or of none, is refused', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!(read === readReply && text === '{}'));
        expect(tryRead(read, new TextEncoder().encode(text))).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(tryRead(read, data)).toBeUndefined();
      }),
    );
  });
});

test.each([
  ['no id', { id: '' }],
  ['an id that could be a subject', { id: 'a.>' }],
  ['no name', { name: '' }],
  ['an endless name', { name: 'x'.repeat(257) }],
  ['negative memory', { memory: -1 }],
  ['memory in words', { memory: '1 GB' }],
  ['work that is none', { work: { run: 'r1' } }],
])('an announcement with %s is refused', (_, change) => {
  expect(tryRead(readAnnouncement, writeJson({ ...announcement, ...change }))).toBeUndefined();
});

test.each([
  ['no lane to send to', { nextLanes: 0 }],
  ['an unknown width', { inputWidth: 7 }],
  ['a hash that is none', { file: { sha256: 'x', bytes: 1 } }],
  ['a file without bytes', { model: { sha256: hash, bytes: 0 } }],
  ['endless credits', { credits: 1e9 }],
])('an assignment with %s is refused', (_, change) => {
  expect(tryRead(readAssignment, writeJson({ ...assignment, ...change }))).toBeUndefined();
});
