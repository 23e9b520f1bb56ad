const blockBytes = 64;

/** The first 32 fractional bits of a root of each of the first primes: where SHA-256's constants come from. */
function rootFractions(count: number, root: (x: number) => number): Int32Array {
  const fractions = new Int32Array(count);
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.some((prime) => candidate % prime === 0)) continue;
    fractions[primes.length] = Math.floor((root(candidate) % 1) * 2 ** 32);
    primes.push(candidate);
  }
  return fractions;
}

interface Tables {
  readonly rounds: Int32Array;
  readonly schedule: Int32Array;
}

/** Mixes one block of 64 bytes into the state (FIPS 180-4, section 6.2.2). */
function compress(state: Int32Array, { rounds, schedule: w }: Tables, data: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) w[i] = data.getInt32(offset + 4 * i, false);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((((w[i - 16] as number) + s0) | 0) + (((w[i - 7] as number) + s1) | 0)) | 0;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const input = ((rounds[i] as number) + (w[i] as number)) | 0;
    const t1 = (((((h + s1) | 0) + ((e & f) ^ (~e & g))) | 0) + input) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

/** The last bytes followed by a one bit, zeros and the length in bits, in whole blocks. */
function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.subarray(bytes.length - (bytes.length % blockBytes));
  const tail = new Uint8Array(rest.length + 9 > blockBytes ? 2 * blockBytes : blockBytes);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(tail.length - 4, (bytes.length << 3) >>> 0);
  return tail;
}

/**
 * SHA-256 of bytes. Synchronous, for places that have no `crypto.subtle`: pages without a
 * secure context.
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  const state = rootFractions(8, Math.sqrt);
  const tables = { rounds: rootFractions(64, Math.cbrt), schedule: new Int32Array(64) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + blockBytes <= bytes.length; offset += blockBytes) {
    compress(state, tables, view, offset);
  }
  const tail = padded(bytes);
  const tailView = new DataView(tail.buffer);
  for (let offset = 0; offset < tail.length; offset += blockBytes) compress(state, tables, tailView, offset);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => {
    digest.setInt32(4 * i, word);
  });
  return new Uint8Array(digest.buffer);
}
