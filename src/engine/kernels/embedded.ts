import type { KernelVariant } from './source.js';

/** The kernels inside the package. Each variant is a chunk of its own, so that a page downloads the one it uses. */
export async function embeddedKernels(variant: KernelVariant): Promise<Uint8Array> {
  return decode((await embeddedText(variant)).kernels);
}

function embeddedText(variant: KernelVariant): Promise<{ readonly kernels: string }> {
  switch (variant) {
    case 'simd':
      return import('./generated/simd.js');
    case 'relaxed':
      return import('./generated/relaxed.js');
    case 'simd-shared':
      return import('./generated/simd-shared.js');
    case 'relaxed-shared':
      return import('./generated/relaxed-shared.js');
  }
}

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
