import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileService, fetchFile, referenceTo } from '../../src/devices/files.js';
import { Link } from '../../src/devices/link.js';
import { rejection } from '../engine/plans.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

const file = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 31) >> 3);
const memory = 1e9;
let server: TestServer;
let link: Link;

beforeAll(async () => {
  if (!hasNats) return;
  server = await startNats();
  link = await Link.open({ servers: server.url });
});

afterAll(async () => {
  if (!hasNats) return;
  await link.close();
  await server.stop();
});

describe.skipIf(!hasNats)('the file of a stage', () => {
  test('arrives in parts as it is', async () => {
    const service = new FileService(link, 'honest');
    const reference = await service.add(file);
    expect(await fetchFile(link, 'honest', reference, memory)).toEqual(file);
    service.close();
  });

  test('that is changed on the way is refused', async () => {
    const changed = file.slice();
    changed[400_000] = (changed[400_000] ?? 0) ^ 1;
    const liar = link.connection.subscribe('changed', {
      callback: (_, message) => {
        const { offset } = message.json<{ offset: number }>();
        message.respond(changed.subarray(offset, offset + 100_000));
      },
    });
    const error = await rejection(fetchFile(link, 'changed', await referenceTo(file), memory));
    expect(error).toMatchObject({ code: 'invalid-model', where: 'stage file' });
    expect(String(error)).toContain('expected');
    liar.unsubscribe();
  });

  test('that nobody has, or that is too large, is refused', async () => {
    const service = new FileService(link, 'empty');
    const reference = await referenceTo(file);
    expect(await rejection(fetchFile(link, 'empty', reference, memory))).toMatchObject({
      code: 'invalid-model',
    });
    expect(await rejection(fetchFile(link, 'empty', reference, 1000))).toMatchObject({
      code: 'out-of-memory',
    });
    service.close();
  });
});
