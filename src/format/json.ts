import { SpikeletError } from '../error.js';

/** Nesting beyond this is refused before parsing. */
const greatestDepth = 16;

const quote = 0x22;
const backslash = 0x5c;

/** Index just past the string literal that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i + 1;
  }
  return text.length;
}

/** Text between two quotes, as the key that it stands for. */
function keyOf(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}

function checkDepthAndKeys(text: string, where: string): void {
  const keys: (Set<string> | undefined)[] = [];
  let atKey = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    const open = keys.at(-1);
    if (character === '"') {
      const end = endOfString(text, i);
      if (atKey && open) {
        const key = keyOf(text.slice(i, end));
        if (open.has(key)) rejectModel(where, `JSON has the key '${shorten(key)}' twice, at character ${i}`);
        open.add(key);
      }
      atKey = false;
      i = end - 1;
    } else if (character === '{' || character === '[') {
      keys.push(character === '{' ? new Set() : undefined);
      if (keys.length > greatestDepth) {
        rejectModel(where, `JSON is nested deeper than ${greatestDepth} at character ${i}`);
      }
      atKey = character === '{';
    } else if (character === '}' || character === ']') {
      keys.pop();
    } else if (character === ',') {
      atKey = open !== undefined;
    }
  }
}

export function rejectModel(where: string, message: string, cause?: unknown): never {
  throw new SpikeletError('invalid-model', message, { where, cause });
}

/** A name from a file as it can stand in a message. */
export const shorten = (name: string): string => (name.length > 80 ? `${name.slice(0, 77)}...` : name);

/** Parses untrusted JSON: bounded depth, no key twice in one object. */
export function parseJson(text: string, where: string): unknown {
  checkDepthAndKeys(text, where);
  try {
    return JSON.parse(text);
  } catch (cause) {
    rejectModel(where, `is not JSON (${cause instanceof Error ? cause.message : 'unreadable'})`, cause);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object whose fields are among `known`, or any fields when `known` is left out. */
export function asObject(value: unknown, where: string, known?: readonly string[]): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    rejectModel(where, 'must be an object');
  }
  if (known) {
    for (const field of Object.keys(value)) {
      if (!known.includes(field)) {
        rejectModel(where, `has an unknown field '${shorten(field)}' (known: ${known.join(', ')})`);
      }
    }
  }
  return value as JsonObject;
}

/** An own field of a parsed object: never one that comes from the prototype. */
export const field = (object: JsonObject, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

export function asString(value: unknown, where: string): string {
  return typeof value === 'string' ? value : rejectModel(where, 'must be a string');
}

export function asArray(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : rejectModel(where, 'must be a list');
}

export function asNumber(value: unknown, where: string): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : rejectModel(where, 'must be a finite number');
}

export function asInteger(value: unknown, least: number, greatest: number, where: string): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest
    ? value
    : rejectModel(where, `must be an integer from ${least} to ${greatest}`);
}

export const asStrings = (value: unknown, where: string): readonly string[] =>
  asArray(value, where).map((item, i) => asString(item, `${where}[${i}]`));

export const asNumbers = (value: unknown, where: string): readonly number[] =>
  asArray(value, where).map((item, i) => asNumber(item, `${where}[${i}]`));

export function asChoice<const T extends string>(value: unknown, choices: readonly T[], where: string): T {
  return (
    choices.find((choice) => choice === value) ?? rejectModel(where, `must be one of ${choices.join(', ')}`)
  );
}
