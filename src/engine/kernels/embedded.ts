import type { KernelVariant } from './source.js';

/** The kernels inside the package. Each variant is a chunk of its own, so that a page downloads the one it uses. */
export async function embeddedKernels(variant: KernelVariant): Promise<Uint8Array> {
  return decodeBase64((await embeddedText(variant)).kernels);
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

function decodeBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
