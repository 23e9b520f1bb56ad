import type { Source } from '../format/source.js';

/** Values that length, offset and size fields are attacked with. */
const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff] as const;

function flipBits(source: Source, file: Uint8Array): Uint8Array {
  const damaged = file.slice();
  for (let i = source.integer(1, 8); i > 0; i--) {
    const at = source.integer(0, file.length - 1);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << source.integer(0, 7));
  }
  return damaged;
}

const truncate = (source: Source, file: Uint8Array): Uint8Array =>
  file.slice(0, source.integer(0, file.length - 1));

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function part(source: Source, file: Uint8Array): Uint8Array {
  const begin = source.integer(0, file.length);
  return file.subarray(begin, Math.min(file.length, begin + source.integer(0, 200)));
}

/** A piece of one file in another, in place of as much or between what is there. */
function splice(source: Source, file: Uint8Array, other: Uint8Array): Uint8Array {
  const piece = part(source, other);
  const at = source.integer(0, file.length);
  const after = source.integer(0, 1) ? at : Math.min(file.length, at + piece.length);
  return join(file.subarray(0, at), piece, file.subarray(after));
}

function remove(source: Source, file: Uint8Array): Uint8Array {
  const at = source.integer(0, file.length);
  return join(file.subarray(0, at), file.subarray(Math.min(file.length, at + source.integer(1, 50))));
}

/** An extreme number over 1 to 8 bytes, at the very start as often as elsewhere. */
function overwriteNumber(source: Source, file: Uint8Array): Uint8Array {
  const damaged = file.slice();
  const value = extremes[source.integer(0, extremes.length - 1)] ?? 0;
  const at = source.integer(0, 3) === 0 ? source.integer(0, 7) : source.integer(0, file.length - 1);
  for (let i = 0; i < source.integer(1, 8) && at + i < damaged.length; i++) {
    damaged[at + i] = i < 4 ? (value >>> (8 * i)) & 0xff : source.pick(0, 0xff);
  }
  return damaged;
}

/** A file damaged without regard to its format. */
export function damageBytes(source: Source, file: Uint8Array, other: Uint8Array): Uint8Array {
  switch (source.integer(0, 5)) {
    case 0:
      return truncate(source, file);
    case 1:
      return splice(source, file, other);
    case 2:
      return remove(source, file);
    case 3:
      return overwriteNumber(source, file);
    default:
      return flipBits(source, file);
  }
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const numbers = [0, -1, 1, 2, 0.5, -0.5, 255, 256, 65536, 2 ** 28, 2 ** 31, 2 ** 53, 1e300, 1e-300] as const;

/** Another value in place of one of a model's description: of its kind, near it, or of another kind. */
function replaceValue(source: Source, value: Json, names: readonly string[]): Json {
  const anything: Json = source.pick<Json>(null, true, [], {}, 'x', '', 0, -1, [1, 2, 3]);
  if (source.integer(0, 5) === 0) return anything;
  if (typeof value === 'number') {
    return source.integer(0, 1)
      ? (numbers[source.integer(0, numbers.length - 1)] ?? 0)
      : value + source.integer(-2, 2);
  }
  if (typeof value === 'string') {
    return source.integer(0, 5) === 0 ? '__proto__' : (names[source.integer(0, names.length - 1)] ?? '');
  }
  return anything;
}

/** Strings of a description: names of values, operators and types, to be mixed up. */
export function stringsOf(value: Json, strings: string[] = []): readonly string[] {
  if (typeof value === 'string') strings.push(value);
  else if (Array.isArray(value)) for (const item of value) stringsOf(item, strings);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) stringsOf(item, strings);
  return strings;
}

function editList(source: Source, list: readonly Json[], names: readonly string[]): Json {
  const at = source.integer(0, Math.max(0, list.length - 1));
  const copy = [...list];
  const item = copy[at];
  switch (source.integer(0, 7)) {
    case 0:
      copy.splice(at, 1);
      return copy;
    case 1:
      if (item !== undefined) copy.splice(source.integer(0, copy.length), 0, item);
      return copy;
    case 2:
      return copy.reverse();
    default:
      if (item !== undefined) copy[at] = editJson(source, item, names);
      return copy;
  }
}

/** A description with one thing in it changed: a value, an entry dropped, doubled or moved. */
export function editJson(source: Source, value: Json, names: readonly string[]): Json {
  if (Array.isArray(value) && value.length > 0) return editList(source, value, names);
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return replaceValue(source, value, names);
  }
  const entries: [string, Json][] = Object.entries(value);
  const at = source.integer(0, entries.length - 1);
  const entry = entries[at];
  if (!entry) return value;
  const [key, inner] = entry;
  switch (source.integer(0, 11)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries[at] = [names[source.integer(0, names.length - 1)] ?? 'x', inner];
      break;
    default:
      entries[at] = [key, editJson(source, inner, names)];
  }
  return Object.fromEntries(entries);
}
