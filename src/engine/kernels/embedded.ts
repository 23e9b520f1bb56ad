import type { KernelFamily, KernelVariant } from './source.js';

/** The kernels inside the package. Each module is a chunk of its own, so that a page downloads those it uses. */
export async function embeddedKernels(
  variant: KernelVariant,
  family: KernelFamily = 'core',
): Promise<Uint8Array> {
  return decode((await texts[family][variant]()).kernels);
}

type Text = () => Promise<{ readonly kernels: string }>;

const texts: Readonly<Record<KernelFamily, Readonly<Record<KernelVariant, Text>>>> = {
  core: {
    simd: () => import('./generated/core-simd.js'),
    relaxed: () => import('./generated/core-relaxed.js'),
    'simd-shared': () => import('./generated/core-simd-shared.js'),
    'relaxed-shared': () => import('./generated/core-relaxed-shared.js'),
  },
  sparse: {
    simd: () => import('./generated/sparse-simd.js'),
    relaxed: () => import('./generated/sparse-relaxed.js'),
    'simd-shared': () => import('./generated/sparse-simd-shared.js'),
    'relaxed-shared': () => import('./generated/sparse-relaxed-shared.js'),
  },
  spiking: {
    simd: () => import('./generated/spiking-simd.js'),
    relaxed: () => import('./generated/spiking-relaxed.js'),
    'simd-shared': () => import('./generated/spiking-simd-shared.js'),
    'relaxed-shared': () => import('./generated/spiking-relaxed-shared.js'),
  },
  attention: {
    simd: () => import('./generated/attention-simd.js'),
    relaxed: () => import('./generated/attention-relaxed.js'),
    'simd-shared': () => import('./generated/attention-simd-shared.js'),
    'relaxed-shared': () => import('./generated/attention-relaxed-shared.js'),
  },
};

/** Bytes of the text that tools/build/kernels.mjs writes: `!` (33) and `#` (35) add 86 and 172 to the next one. */
export function decode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  let [length, offset] = [0, -3];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 40) offset = code === 33 ? 83 : 169;
    else {
      bytes[length++] = offset + code - (code < 92 ? 40 : 41);
      offset = -3;
    }
  }
  return bytes.slice(0, length);
}
