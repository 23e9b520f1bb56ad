import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fnv1a } from '../../src/engine/kernels/known-answer.js';
import type { Progress } from '../../src/engine/options.js';
import { readBytes } from '../../src/engine/source/read.js';
import { load } from '../../src/index.js';
import { toOnnx } from '../../tools/onnx/index.js';
import { colourClassifier } from '../cli/models.js';
import { smallAnswer, smallFile, smallGraph, smallInput } from './models.js';
import { failure, rejection } from './plans.js';

const onnxFile = toOnnx(colourClassifier());

const server = createServer((request, response) => answers[request.url ?? '']?.(response));

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/small.spikelet': (response) => response.setHeader('content-length', smallFile.length).end(smallFile),
  '/unsized': (response) => {
    response.write(smallFile.subarray(0, 1000));
    response.end(smallFile.subarray(1000));
  },
  '/net.onnx': (response) => response.end(onnxFile),
  '/missing': (response) => response.writeHead(404, 'Not Found').end('<!doctype html>no'),
  '/page': (response) => response.end('<!doctype html><title>Welcome</title>'),
  '/stalled': (response) => {
    response.setHeader('content-length', smallFile.length);
    response.write(smallFile.subarray(0, 1000));
  },
  '/broken': (response) => {
    response.setHeader('content-length', smallFile.length);
    response.write(smallFile.subarray(0, 1000), () => response.destroy());
  },
  '/endless': (response) => {
    const more = (): void =>
      void (response.destroyed || response.write(new Uint8Array(1 << 20), () => setImmediate(more)));
    more();
  },
};

let base = '';
let folder = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'spikelet-'));
  await writeFile(join(folder, 'small.spikelet'), smallFile);
  await writeFile(join(folder, 'net.onnx'), onnxFile);
  await writeFile(join(folder, 'net.bin'), onnxFile);
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

describe('a model is loaded', () => {
  test.each([
    ['bytes', () => smallFile],
    ['an ArrayBuffer', () => smallFile.slice().buffer],
    ['part of a larger buffer', () => Uint8Array.of(1, 2, 3, ...smallFile).subarray(3)],
    ['a graph', () => smallGraph],
    ['a path', () => join(folder, 'small.spikelet')],
    ['a file URL', () => pathToFileURL(join(folder, 'small.spikelet'))],
    ['a URL', () => new URL(`${base}/small.spikelet`)],
    ['the text of a URL', () => `${base}/small.spikelet`],
    ['a download of unknown size', () => `${base}/unsized`],
    ['a response', () => fetch(`${base}/small.spikelet`)],
  ] as const)('from %s', async (_, source) => {
    const model = await load(await source());
    expect(model.inputs).toEqual([
      { name: 'x', dtype: 'u8', shape: [1, 8, 5, 5], quantization: { scale: 0.25, zeroPoint: 11 } },
    ]);
    expect(model.outputs).toEqual([
      { name: 'y', dtype: 'u8', shape: [1, 9, 5, 5], quantization: { scale: 4, zeroPoint: 120 } },
    ]);
    const { y } = await model.run({ x: smallInput });
    expect(fnv1a(y?.data ?? [])).toBe(smallAnswer);
    model.close();
  });

  test('and reports its progress stage by stage', async () => {
    const seen: Progress[] = [];
    const model = await load(`${base}/small.spikelet`, { onProgress: (progress) => seen.push(progress) });
    model.close();
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual(['fetch', 'verify', 'compile', 'start']);
    const fetched = seen.filter(({ stage }) => stage === 'fetch');
    expect(fetched.at(-1)).toEqual({ stage: 'fetch', loaded: smallFile.length, total: smallFile.length });
    expect(seen.every(({ loaded, total }) => loaded <= total)).toBe(true);
  });
});

describe('a load is refused', () => {
  test.each([
    ['/missing', /^not-found http.*\/missing: the server answered 404 Not Found$/],
    ['/page', /^invalid-model http.*\/page: is HTML or XML, not a model file/],
    ['/broken', /^not-found http.*\/broken: the connection broke before the end/],
  ])('for %s', async (path, message) => {
    expect(await failure(load(base + path))).toMatch(message);
  });

  test('where nothing answers', async () => {
    expect(await failure(load('http://127.0.0.1:1/model'))).toMatch(
      /^not-found http:\/\/127.0.0.1:1\/model: could not be fetched/,
    );
  });

  test('for a file that is not there, or is a folder', async () => {
    expect(await failure(load(join(folder, 'other.spikelet')))).toMatch(
      /^not-found .*other.spikelet: cannot be read \(no such file\)$/,
    );
    expect(await failure(load(folder))).toMatch(/^not-found .*cannot be read \(it is a folder\)$/);
  });

  test('for more bytes than the limit, known beforehand or not', async () => {
    const memoryLimit = 1500;
    const large = new RegExp(
      `^out-of-memory .*: ${smallFile.length} bytes are more than the limit of 1500: raise memoryLimit$`,
    );
    expect(await failure(load(smallFile, { memoryLimit }))).toMatch(large);
    expect(await failure(load(`${base}/small.spikelet`, { memoryLimit }))).toMatch(large);
    expect(await failure(load(join(folder, 'small.spikelet'), { memoryLimit }))).toMatch(large);
    expect(await failure(load(`${base}/endless`, { memoryLimit: 3_000_000 }))).toMatch(
      /more than the limit of 3000000/,
    );
  });

  test.each([
    ['nothing', undefined],
    ['a number', 7],
    ['an object', { model: 1 }],
  ])('for a source that is %s', async (_, source) => {
    expect(await failure(load(source as never))).toMatch(
      /^invalid-input source: must be a path or URL, the bytes/,
    );
  });

  test.each([
    ['bytes', () => onnxFile, 'source'],
    ['a path', () => join(folder, 'net.onnx'), 'net.onnx'],
    ['a path of another name', () => join(folder, 'net.bin'), 'net.bin'],
    ['a URL', () => `${base}/net.onnx`, '/net.onnx'],
    ['a response', () => fetch(`${base}/net.onnx`), '/net.onnx'],
  ] as const)('for an ONNX file as %s, with what to do instead', async (_, source, name) => {
    const message = await failure(load(await source()));
    expect(message).toContain(`${name}: is an ONNX file`);
    expect(message).toMatch(/^unsupported .* fromOnnx .*'spikelet\/onnx'.* 'npx spikelet convert'/);
  });

  test('for a response that was read before, or is being read', async () => {
    const used = new Response('model');
    await used.text();
    const locked = new Response('model');
    locked.body?.getReader();
    for (const worker of [false, true]) {
      for (const response of [used, locked]) {
        expect(await failure(load(response, { worker }))).toMatch(
          /^invalid-input response: was read before: hand over a fresh one/,
        );
      }
    }
  });

  test.each(['-5', 'many', '1e400', '0.5'])('never for a length of %s in the header', async (length) => {
    const model = await load(new Response(smallFile as BodyInit, { headers: { 'content-length': length } }));
    model.close();
  });

  test('for more memory than there is, said by the header', async () => {
    const headers = { 'content-length': String(2 ** 50) };
    const response = new Response(smallFile as BodyInit, { headers });
    expect(await failure(readBytes(response, { limit: Number.MAX_SAFE_INTEGER }))).toMatch(
      /^out-of-memory response: no 1125899906842624 bytes could be had/,
    );
  });

  test.skipIf(process.platform === 'win32')('for a path that is no regular file', async () => {
    expect(await failure(load('/dev/zero'))).toBe(
      'not-found /dev/zero: cannot be read (it is no regular file)',
    );
  });

  test('for bytes that are no model', async () => {
    expect(await failure(load(new Uint8Array(64)))).toMatch(/^invalid-model/);
    expect(await failure(load(smallFile.subarray(0, 500)))).toMatch(/^invalid-model/);
  });
});

describe('options are refused', () => {
  test.each([
    [{ thread: 2 }, /^invalid-option thread: load has no option 'thread'; did you mean 'threads'\?/],
    [{ onprogress: () => {} }, /did you mean 'onProgress'\?/],
    [{ quality: 1 }, /load has no option 'quality' \(known: signal, onProgress, worker/],
    [{ threads: 0 }, /^invalid-option threads: must be an integer from 1 to 64$/],
    [{ threads: 1.5 }, /threads: must be an integer/],
    [{ variant: 'avx' }, /^invalid-option variant: must be 'auto', 'simd' or 'relaxed'$/],
    [{ signal: 'now' }, /signal: must be an AbortSignal/],
    [{ onProgress: true }, /onProgress: must be a function/],
    [{ worker: 'yes' }, /worker: must be true, false or a function/],
    [{ memoryLimit: -1 }, /memoryLimit: must be an integer/],
    [{ kernels: 5 }, /kernels: must be bytes, a URL/],
    [{ worker: true, threadWorker: () => {} }, /threadWorker: cannot be given together with worker/],
    [null, /the options of load must be an object/],
  ])('%j', async (options, message) => {
    expect(await failure(load(smallFile, options as never))).toMatch(message);
  });

  test('but may be undefined', async () => {
    const model = await load(smallFile, { signal: undefined, threads: undefined, variant: undefined });
    model.close();
  });
});

describe('an abort ends a load', () => {
  test('before it begins', async () => {
    expect(await rejection(load(smallFile, { signal: AbortSignal.abort('no') }))).toBe('no');
  });

  test.each(['/stalled', '/endless'])('in the middle of %s', async (path) => {
    const stopper = new AbortController();
    const onProgress = (): void => void setTimeout(() => stopper.abort('enough'), 5);
    expect(await rejection(load(base + path, { signal: stopper.signal, onProgress }))).toBe('enough');
  });

  test.each(['fetch', 'verify', 'compile', 'start'] as const)('during %s', async (stage) => {
    const stopper = new AbortController();
    const onProgress = (progress: Progress): void => {
      if (progress.stage === stage) stopper.abort('here');
    };
    expect(await rejection(load(smallFile, { signal: stopper.signal, onProgress }))).toBe('here');
  });

  test('and an error of the caller rejects it', async () => {
    const onProgress = (): void => {
      throw new Error('mine');
    };
    for (const source of [smallFile, join(folder, 'small.spikelet'), `${base}/small.spikelet`]) {
      expect(await rejection(load(source, { onProgress }))).toEqual(new Error('mine'));
    }
  });
});
