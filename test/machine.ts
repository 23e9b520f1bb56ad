import { readFileSync } from 'node:fs';

/**
 * Whether the relaxed dot product of V8 is exact on this processor, where V8 has it at all. On x86 without AVX-VNNI it adds
 * pairs of products in saturating 16 bits. Read from the processor's flags, so that tests do not ask what they test;
 * outside Linux it is taken to be exact.
 */
export function hasExactRelaxedDot(): boolean {
  if (process.arch !== 'x64' || process.platform !== 'linux') return true;
  return /^flags\s*:.*\bavx_vnni\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
}
