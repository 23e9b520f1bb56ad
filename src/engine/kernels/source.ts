import type { KernelFamily } from '../../compile/families.js';
import { SpikeletError } from '../../error.js';
import { isBytesSource, isResponse, readBytes } from '../source/read.js';

export type { KernelFamily };

/** A build of the kernels: by instructions, each also for memory that threads share. */
export type KernelVariant = 'simd' | 'relaxed' | 'simd-shared' | 'relaxed-shared';

/** Where one WebAssembly module comes from. A string is a URL, or a path in Node. */
export type KernelSource = string | URL | Uint8Array | ArrayBuffer | Response | WebAssembly.Module;

/** Gives the bytes or the module of a family of kernels in a variant. */
export type KernelProvider = (variant: KernelVariant, family: KernelFamily) => Promise<KernelSource>;

/** Pages of older browsers must not compile modules of this size at once. Elsewhere that is faster. */
const mayCompileAtOnce = typeof document === 'undefined';

/** Modules are small; a longer file is not one of them. */
const mostBytes = 2 ** 24;

/** The compiled module. Throws `not-found` where the source is not a WebAssembly module, a page of a server above all. */
export async function compileKernels(source: KernelSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (!isBytesSource(source)) {
    const message = 'must be a path or URL, bytes, a Response or a WebAssembly.Module';
    throw new SpikeletError('invalid-option', message, { where: 'kernels' });
  }
  const where =
    source instanceof Uint8Array || source instanceof ArrayBuffer
      ? 'kernels'
      : `kernels from ${nameOf(source)}`;
  const bytes = await readBytes(source, { limit: mostBytes });
  checkMagic(bytes, where);
  try {
    return mayCompileAtOnce ? new WebAssembly.Module(bytes) : await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new SpikeletError('no-engine', 'do not compile here: damaged, or made for another engine', {
      where,
      cause,
    });
  }
}

const nameOf = (source: string | URL | Response): string =>
  isResponse(source) ? source.url : String(source);

function checkMagic(bytes: Uint8Array, where: string): void {
  if (bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d) return;
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  const found = start.startsWith('<')
    ? 'the server returned HTML instead'
    : `begins with ${JSON.stringify(start.slice(0, 8))}`;
  throw new SpikeletError('not-found', `not a WebAssembly module (${found}): check the address`, { where });
}
