import { nodeBuiltin } from '../../host.js';

const slices = 4;

/** Table `s` has the effect of a byte that is followed by `s` more. */
function makeTables(): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const tables = [first];
  while (tables.length < slices) {
    const last = tables[tables.length - 1] ?? first;
    tables.push(last.map((value) => (value >>> 8) ^ (first[value & 255] as number)));
  }
  return tables;
}

let known: readonly Uint32Array[] | undefined;

/** CRC-32 as zip files and Ethernet have it: finds every damage of up to 32 bits in a row. */
export const crc32: (bytes: Uint8Array) => number = nodeBuiltin('node:zlib')?.crc32 ?? plainCrc32;

/** The same where Node's is not at hand. */
export function plainCrc32(bytes: Uint8Array): number {
  known ??= makeTables();
  const [t0, t1, t2, t3] = known as readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let crc = -1;
  let i = 0;
  for (; i + slices <= bytes.length; i += slices) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    crc =
      (t3[crc & 255] as number) ^
      (t2[(crc >>> 8) & 255] as number) ^
      (t1[(crc >>> 16) & 255] as number) ^
      (t0[crc >>> 24] as number);
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
}
