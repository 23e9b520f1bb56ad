import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseKernels, familyLoader, relaxedDot } from '../../src/engine/kernels/choose.js';
import { embeddedKernels } from '../../src/engine/kernels/embedded.js';
import {
  compileKernels,
  type KernelFamily,
  type KernelSource,
  type KernelVariant,
} from '../../src/engine/kernels/source.js';
import { failure } from './plans.js';

const dot = relaxedDot();
const best = dot ? 'relaxed' : 'simd';

/** Kernels that all return at once: valid for the engine, wrong in what they compute. */
function hollow(bytes: Uint8Array): Uint8Array {
  const module = new WebAssembly.Module(bytes as BufferSource);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const number = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, n >> 7]);
  const section = (id: number, content: number[]): number[] => [id, ...number(content.length), ...content];
  const text = (name: string): number[] => [name.length, ...new TextEncoder().encode(name)];
  const exports = names.flatMap((name) => [...text(name), 0, 0]);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0]),
    ...section(2, [1, ...text('env'), ...text('memory'), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [...number(names.length), ...exports]),
    ...section(10, [1, 2, 0, 0x0b]),
  ]);
}

afterEach(() => void vi.restoreAllMocks());

describe('the kernels of a model', () => {
  test('are the fastest that this engine computes exactly', async () => {
    const { target, threads, rejected } = await chooseKernels({}, embeddedKernels);
    expect(target).toEqual(dot ? { variant: 'relaxed', dot } : { variant: 'simd', dot: 'i16' });
    expect(threads).toEqual({ requested: 1, used: 1 });
    expect(rejected).toEqual(dot ? [] : ['relaxed: this engine has no relaxed SIMD, or an inexact one']);
  });

  test('are compiled once for all models', async () => {
    const [first, second] = await Promise.all([
      chooseKernels({}, embeddedKernels),
      chooseKernels({}, embeddedKernels),
    ]);
    expect(first.modules[0]).toBe(second.modules[0]);
  });

  test('are asked for again after memory was short', async () => {
    const { Memory } = WebAssembly;
    // A copy of the package that has tested no kernels yet.
    vi.resetModules();
    const fresh = await import('../../src/engine/kernels/choose.js');
    const { embeddedKernels: kernels } = await import('../../src/engine/kernels/embedded.js');
    class Short {
      constructor() {
        throw new RangeError('could not allocate memory');
      }
    }
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(Short as never);
    expect(await failure(fresh.chooseKernels({}, kernels))).toMatch(/^out-of-memory no \d+ bytes of memory/);
    vi.restoreAllMocks();
    expect(WebAssembly.Memory).toBe(Memory);
    expect((await fresh.chooseKernels({}, kernels)).target.variant).toBe(best);
  });

  test('are those asked for', async () => {
    expect((await chooseKernels({ variant: 'simd' }, embeddedKernels)).target).toEqual({
      variant: 'simd',
      dot: 'i16',
    });
    const relaxed = chooseKernels({ variant: 'relaxed' }, embeddedKernels);
    if (dot) expect((await relaxed).target.dot).toBe(dot);
    else
      expect(await failure(relaxed)).toMatch(
        /^no-engine no kernels can be used here \(relaxed: this engine has no/,
      );
  });

  test('fall back to simd when the relaxed ones give wrong answers', async () => {
    const kernels = async (variant: KernelVariant): Promise<KernelSource> =>
      variant === 'simd' ? embeddedKernels('simd') : hollow(await embeddedKernels('simd'));
    const { target, rejected } = await chooseKernels({ kernels }, embeddedKernels);
    expect(target.variant).toBe('simd');
    if (dot) expect(rejected).toEqual(['relaxed: gives wrong results in the self-test']);
  });

  test('are refused when all of them give wrong answers', async () => {
    const kernels = async (): Promise<KernelSource> => hollow(await embeddedKernels('simd'));
    expect(await failure(chooseKernels({ kernels }, embeddedKernels))).toMatch(
      /^no-engine no kernels can be used here \(.*simd: gives wrong results in the self-test\)$/,
    );
  });
});

describe('kernels that are given', () => {
  test.each(['simd', 'relaxed'] as const)('are recognized as %s by what they compute', async (variant) => {
    if (variant === 'relaxed' && !dot) return;
    const bytes = await embeddedKernels(variant);
    for (const kernels of [
      bytes,
      bytes.slice().buffer,
      await compileKernels(bytes),
      new Response(bytes as BodyInit),
    ]) {
      expect((await chooseKernels({ kernels }, embeddedKernels)).target.variant).toBe(variant);
    }
  });

  test('may come from a file or URL', async () => {
    const url = new URL(`../../build/kernels/core-${best}.wasm`, import.meta.url);
    for (const kernels of [url, url.href, url.pathname]) {
      expect((await chooseKernels({ kernels }, embeddedKernels)).target.variant).toBe(best);
    }
  });

  test('without shared memory mean one thread, with the reason', async () => {
    const kernels = await embeddedKernels('simd');
    const { threads } = await chooseKernels({ kernels, threads: 2 }, embeddedKernels);
    expect(threads).toMatchObject({
      requested: 2,
      used: 1,
      reason: expect.stringMatching(/not one for shared memory/),
    });
  });

  test('that are a page of the server are named as such', async () => {
    const kernels = new Response('<!doctype html><title>Not found</title>');
    expect(await failure(chooseKernels({ kernels }, embeddedKernels))).toMatch(
      /^not-found kernels from .*: not a WebAssembly module \(the server returned HTML instead\): check the address$/,
    );
  });

  test.each([
    [
      'text',
      new TextEncoder().encode('hello'),
      /^not-found kernels: not a WebAssembly module \(begins with "hello"\)/,
    ],
    ['nothing', new Uint8Array(), /^not-found kernels: not a WebAssembly module/],
    [
      'half a module',
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 9),
      /^no-engine kernels: do not compile here/,
    ],
  ])('that are %s are refused', async (_, kernels, message) => {
    expect(await failure(chooseKernels({ kernels }, embeddedKernels))).toMatch(message);
  });

  test('that are not there are named', async () => {
    expect(await failure(chooseKernels({ kernels: 'no/such.wasm' }, embeddedKernels))).toMatch(
      /^not-found no\/such.wasm: cannot be read \(no such file\)/,
    );
  });
});

describe('kernels of a family that few models need', () => {
  const names = (module: WebAssembly.Module): readonly string[] =>
    WebAssembly.Module.exports(module).map(({ name }) => name);

  test('are loaded for the variant that was chosen, once', async () => {
    const chosen = await chooseKernels({}, embeddedKernels);
    const load = familyLoader({}, embeddedKernels);
    const modules = await Promise.all([load('sparse', chosen), load('sparse', chosen)]);
    expect(names(modules[0])).toContain('u8i8_sparse_1x32');
    expect(modules[0]).toBe(modules[1]);
  });

  test('are asked for by variant and family', async () => {
    const asked: string[] = [];
    const kernels = (variant: KernelVariant, family: KernelFamily): Promise<KernelSource> => {
      asked.push(`${family} ${variant}`);
      return embeddedKernels(variant, family);
    };
    const chosen = await chooseKernels({ kernels, variant: 'simd' }, embeddedKernels);
    await familyLoader({ kernels, variant: 'simd' }, embeddedKernels)('sparse', chosen);
    expect(asked).toEqual(['core simd', 'sparse simd']);
  });

  test('are refused when they give wrong answers', async () => {
    const kernels = async (_: KernelVariant, family: KernelFamily): Promise<KernelSource> =>
      family === 'core' ? embeddedKernels('simd') : hollow(await embeddedKernels('simd', family));
    const chosen = await chooseKernels({ kernels, variant: 'simd' }, embeddedKernels);
    expect(await failure(familyLoader({ kernels }, embeddedKernels)('sparse', chosen))).toMatch(
      /^no-engine kernels: the 'sparse' kernels for simd give wrong results in the self-test$/,
    );
  });

  test('cannot come from one module that has the core alone', async () => {
    const kernels = await embeddedKernels('simd');
    const chosen = await chooseKernels({ kernels }, embeddedKernels);
    expect(await failure(familyLoader({ kernels }, embeddedKernels)('sparse', chosen))).toMatch(
      /^no-engine kernels: the module given as 'kernels' lacks the 'sparse' family: give a function/,
    );
  });
});
