const treeSignature = [0x54, 0x52, 0x45, 0x45];
const bytesOfTreeEntry = 16;
const bytesOfCall = 64;
const least = 2 ** 22;
const perByte = 8;

/**
 * The bytes of an HDF5 file, which count what is read of them: links that lead back, or many to one place, would
 * otherwise take forever. The library copies with `slice` before it follows any link.
 */
export class CountedBytes extends ArrayBuffer {
  #left: number;

  constructor(bytes: Uint8Array) {
    super(bytes.length);
    new Uint8Array(this).set(bytes);
    this.#left = least + perByte * bytes.length;
  }

  static override get [Symbol.species](): ArrayBufferConstructor {
    return ArrayBuffer;
  }

  override slice(begin = 0, end = this.byteLength): ArrayBuffer {
    const last = Math.min(end, this.byteLength);
    this.#left -= bytesOfCall + Math.max(0, last - begin) + this.#treeEntries(begin) * bytesOfTreeEntry;
    if (this.#left < 0) throw new Error('it refers to the same places again and again');
    return super.slice(begin, end);
  }

  /** Entries of the B-tree node that begins here: the library reads all of them next. */
  #treeEntries(at: number): number {
    if (!Number.isInteger(at) || at < 0 || at + 8 > this.byteLength) return 0;
    const view = new DataView(this, at, 8);
    return treeSignature.every((byte, i) => view.getUint8(i) === byte) ? view.getUint16(6, true) : 0;
  }
}
