import { rejectInput } from '../../pipeline/check.js';
import { crc32 } from './crc32.js';

/** A message of a stage's queue: a parcel, or a part of one that is larger than a message may be. */
export interface Frame {
  readonly item: number;
  /** Counts how often the coordinator has sent the item. */
  readonly attempt: number;
  readonly part: number;
  readonly parts: number;
  /** Bytes of the whole parcel. */
  readonly total: number;
  readonly bytes: Uint8Array;
}

const magic = 0x314b5053;
const place = { magic: 0, crc: 4, item: 8, attempt: 16, part: 20, parts: 24, total: 28 } as const;

/** Bytes of a message that are not those of its parcel. */
export const frameHeader = 32;

/** Parts of a parcel beyond this are refused. */
export const mostParts = 65_536;

export function writeFrame({ item, attempt, part, parts, total, bytes }: Frame): Uint8Array {
  const message = new Uint8Array(frameHeader + bytes.length);
  const view = new DataView(message.buffer);
  view.setUint32(place.magic, magic, true);
  view.setFloat64(place.item, item, true);
  view.setUint32(place.attempt, attempt, true);
  view.setUint32(place.part, part, true);
  view.setUint32(place.parts, parts, true);
  view.setUint32(place.total, total, true);
  message.set(bytes, frameHeader);
  view.setUint32(place.crc, crc32(message.subarray(place.item)), true);
  return message;
}

/**
 * Reads a message. Throws `invalid-input` for one that is damaged or no message of a pipeline. `bytes` is a view.
 */
export function readFrame(message: Uint8Array): Frame {
  const where = 'message';
  if (message.length < frameHeader)
    rejectInput(where, `has ${message.length} bytes, at least ${frameHeader}`);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(place.magic, true) !== magic) rejectInput(where, 'is none of a pipeline');
  if (view.getUint32(place.crc, true) !== crc32(message.subarray(place.item))) {
    rejectInput(where, 'is damaged: its checksum does not fit');
  }
  const frame: Frame = {
    item: view.getFloat64(place.item, true),
    attempt: view.getUint32(place.attempt, true),
    part: view.getUint32(place.part, true),
    parts: view.getUint32(place.parts, true),
    total: view.getUint32(place.total, true),
    bytes: message.subarray(frameHeader),
  };
  if (!Number.isSafeInteger(frame.item) || frame.item < 0) rejectInput(where, 'has no item');
  if (frame.part >= frame.parts || frame.parts > mostParts) {
    rejectInput(where, `is part ${frame.part} of ${frame.parts}, at most ${mostParts}`);
  }
  if (frame.bytes.length > frame.total) rejectInput(where, 'is longer than its parcel');
  return frame;
}
