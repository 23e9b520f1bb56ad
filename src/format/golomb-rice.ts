/** A code's low bits fit in a 32-bit window beside what is left of the byte before. */
export const mostRiceBits = 20;

/**
 * Reads numbers in the Golomb-Rice code: the number without its low `riceBits` bits as that many zero bits and a one,
 * then those low bits; least significant bits of each byte first.
 */
export class RiceReader {
  readonly #stream: Uint8Array;
  readonly #riceBits: number;
  #window = 0;
  #held = 0;
  #read = 0;

  constructor(stream: Uint8Array, riceBits: number) {
    this.#stream = stream;
    this.#riceBits = riceBits;
  }

  /** The next number, or -1 where the stream ends before it does. */
  next(): number {
    this.#fill();
    let high = 0;
    while (this.#window === 0) {
      if (this.#held === 0) return -1;
      high += this.#held;
      this.#held = 0;
      this.#fill();
    }
    const zeros = 31 - Math.clz32(this.#window & -this.#window);
    this.#window = zeros === 31 ? 0 : this.#window >>> (zeros + 1);
    this.#held -= zeros + 1;
    this.#fill();
    const low = this.#window & ((1 << this.#riceBits) - 1);
    this.#window >>>= this.#riceBits;
    this.#held -= this.#riceBits;
    return this.#held < 0 ? -1 : (high + zeros) * 2 ** this.#riceBits + low;
  }

  /** Whether nothing is left but fewer than 8 bits, all zero. */
  isAtEnd(): boolean {
    return this.#read >= this.#stream.length && this.#held < 8 && this.#window === 0;
  }

  #fill(): void {
    while (this.#held <= 24 && this.#read < this.#stream.length) {
      this.#window |= (this.#stream[this.#read++] ?? 0) << this.#held;
      this.#held += 8;
    }
  }
}

/** Bits that numbers take in the code. */
export function riceLength(numbers: Uint32Array, riceBits: number): number {
  let bits = numbers.length * (1 + riceBits);
  for (const number of numbers) bits += number >>> riceBits;
  return bits;
}

/** The `riceBits` that make numbers shortest. */
export function chooseRiceBits(numbers: Uint32Array): number {
  let sum = 0;
  for (const number of numbers) sum += number;
  const usual = Math.max(0, Math.floor(Math.log2(Math.max(1, sum / Math.max(1, numbers.length)))));
  const near = [usual - 1, usual, usual + 1].filter((bits) => bits >= 0 && bits <= mostRiceBits);
  const lengths = near.map((bits) => riceLength(numbers, bits));
  return near[lengths.indexOf(Math.min(...lengths))] ?? 0;
}

/** Numbers in the code that {@link RiceReader} reads. */
export function packRice(numbers: Uint32Array, riceBits: number): Uint8Array {
  const packed = new Uint8Array(Math.ceil(riceLength(numbers, riceBits) / 8));
  let at = 0;
  const put = (bit: number): void => {
    packed[at >> 3] = (packed[at >> 3] ?? 0) | (bit << (at & 7));
    at++;
  };
  for (const number of numbers) {
    at += number >>> riceBits;
    put(1);
    for (let bit = 0; bit < riceBits; bit++) put((number >>> bit) & 1);
  }
  return packed;
}
