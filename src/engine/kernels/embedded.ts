import type { KernelVariant } from './source.js';

/** The kernels inside the package. Each variant is a chunk of its own, so that a page downloads the one it uses. */
export async function embeddedKernels(variant: KernelVariant): Promise<Uint8Array> {
  return decodeHexadecimal((await embeddedText(variant)).kernels);
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

const digit = (code: number): number => (code > 57 ? code - 87 : code - 48);

/** Bytes of lower-case hexadecimal digits. */
function decodeHexadecimal(text: string): Uint8Array {
  if (hasFromHex(Uint8Array)) return Uint8Array.fromHex(text);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = 16 * digit(text.charCodeAt(2 * i)) + digit(text.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** Newer engines have the function, many times as fast. */
const hasFromHex = (type: object): type is { fromHex(text: string): Uint8Array } => 'fromHex' in type;
