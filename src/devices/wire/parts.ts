import { rejectInput } from '../../pipeline/check.js';
import { type Frame, frameHeader, mostParts, writeFrame } from './frame.js';

/** The name of a parcel in a queue: an item may be sent more than once. */
export const parcelKey = ({ item, attempt }: Pick<Frame, 'item' | 'attempt'>): string => `${item}.${attempt}`;

/** A parcel as messages of at most `most` bytes each. */
export function split(
  item: number,
  attempt: number,
  parcel: Uint8Array,
  most: number,
): readonly Uint8Array[] {
  const room = most - frameHeader;
  const parts = Math.max(1, Math.ceil(parcel.length / room));
  if (!(room > 0) || parts > mostParts) {
    rejectInput(`item ${item}`, `has ${parcel.length} bytes: too many for messages of ${most}`);
  }
  return Array.from({ length: parts }, (_, part) =>
    writeFrame({
      ...{ item, attempt, part, parts, total: parcel.length },
      bytes: parcel.subarray(part * room, (part + 1) * room),
    }),
  );
}

interface Opened {
  readonly frames: (Frame | undefined)[];
  readonly total: number;
  bytes: number;
}

/**
 * Puts parcels together from their parts, which come in any order and perhaps twice. What it keeps is bounded: parcels
 * of at most `mostBytes`, and no more than `mostParcels` that are not complete; then the oldest is given up.
 */
export class Assembler {
  readonly #open = new Map<string, Opened>();
  readonly #mostBytes: number;
  readonly #mostParcels: number;

  constructor(mostBytes: number, mostParcels: number) {
    this.#mostBytes = mostBytes;
    this.#mostParcels = mostParcels;
  }

  /** Parcels of which parts are missing. */
  get incomplete(): number {
    return this.#open.size;
  }

  has(key: string): boolean {
    return this.#open.has(key);
  }

  /** Gives up a parcel, by its key. */
  forget(key: string): void {
    this.#open.delete(key);
  }

  /** The bytes of the parcel that this part completes. Throws `invalid-input` for a part that fits to no parcel. */
  add(frame: Frame): Uint8Array | undefined {
    const where = `item ${frame.item}`;
    if (frame.total > this.#mostBytes) {
      rejectInput(where, `has ${frame.total} bytes, at most ${this.#mostBytes} are expected`);
    }
    const key = parcelKey(frame);
    const partial = this.#open.get(key) ?? this.#begin(key, frame);
    if (partial.frames.length !== frame.parts || partial.total !== frame.total) {
      rejectInput(where, `has a part of another size than the parts before`);
    }
    if (partial.frames[frame.part] === undefined) partial.bytes += frame.bytes.length;
    partial.frames[frame.part] = frame;
    if (partial.frames.includes(undefined)) return undefined;
    this.#open.delete(key);
    if (partial.bytes !== partial.total) {
      rejectInput(where, `has ${partial.bytes} bytes in its parts, expected ${partial.total}`);
    }
    return joined(partial);
  }

  #begin(key: string, { parts, total }: Frame): Opened {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= this.#mostParcels) this.#open.delete(oldest);
    const frames = Array.from({ length: parts }, (): Frame | undefined => undefined);
    const partial: Opened = { frames, total, bytes: 0 };
    this.#open.set(key, partial);
    return partial;
  }
}

function joined({ frames, total }: Opened): Uint8Array {
  const parcel = new Uint8Array(total);
  let at = 0;
  for (const frame of frames) {
    if (frame) parcel.set(frame.bytes, at);
    at += frame?.bytes.length ?? 0;
  }
  return parcel;
}
