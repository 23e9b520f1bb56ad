/** A message of protocol buffers under construction: its encoded fields in order. */
export type Message = readonly Uint8Array[];

const text = new TextEncoder();

/** Base-128 bytes of an integer; negative ones as 64-bit two's complement. */
function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

const tag = (field: number, wireType: 0 | 2 | 5): number[] => varint((field << 3) | wireType);

/** The bytes of a message. */
export function encode(message: Message): Uint8Array {
  const bytes = new Uint8Array(message.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of message) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

export const integerField = (field: number, value: number | bigint): Message => [
  Uint8Array.from([...tag(field, 0), ...varint(value)]),
];

export const floatField = (field: number, value: number): Message => [
  Uint8Array.from(tag(field, 5)),
  new Uint8Array(Float32Array.of(value).buffer),
];

export const bytesField = (field: number, value: Uint8Array): Message => [
  Uint8Array.from([...tag(field, 2), ...varint(value.length)]),
  value,
];

export const stringField = (field: number, value: string): Message => bytesField(field, text.encode(value));

/** A nested message; its parts are not copied. */
export function messageField(field: number, value: Message): Message {
  const length = value.reduce((total, part) => total + part.length, 0);
  return [Uint8Array.from([...tag(field, 2), ...varint(length)]), ...value];
}

/** A repeated field, one entry after the other (not packed). */
export const repeated = <T>(values: readonly T[], write: (value: T) => Message): Message =>
  values.flatMap(write);
