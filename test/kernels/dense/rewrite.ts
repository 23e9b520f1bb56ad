// Replaces instructions in a WebAssembly binary by calls of functions that are added to it.

type Instruction = readonly [number, number, number];

/** A function in place of an instruction of three bytes; `body` starts with its locals. */
export interface Replacement {
  readonly replaces: Instruction;
  readonly body: readonly number[];
}

interface Section {
  readonly id: number;
  readonly contents: Uint8Array;
}

const sectionId = { type: 1, function: 3, code: 10 } as const;

/** The module, which imports no function, with functions of the given type wherever the instructions stood. */
export function withFunctions(
  module: Uint8Array,
  type: readonly number[],
  replacements: readonly Replacement[],
): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(module);
  const types = vector(sections, sectionId.type);
  const functions = vector(sections, sectionId.function);
  const code = vector(sections, sectionId.code);
  const extended = (old: Vector, added: readonly Uint8Array[], items = old.items): Uint8Array =>
    joined([unsigned(old.count + added.length), items, ...added]);
  const calls = replacements.map((_, index) => call(functions.count + index));
  const bodies = replacements.map(({ body }) => joined([unsigned(body.length), Uint8Array.from(body)]));
  const replaced = new Map<number, Uint8Array>([
    [sectionId.type, extended(types, [Uint8Array.from(type)])],
    [
      sectionId.function,
      extended(
        functions,
        replacements.map(() => unsigned(types.count)),
      ),
    ],
    [sectionId.code, extended(code, bodies, substituted(code.items, replacements, calls))],
  ]);
  const parts = sections.flatMap(({ id, contents }) => {
    const bytes = replaced.get(id) ?? contents;
    return [Uint8Array.of(id), unsigned(bytes.length), bytes];
  });
  return joined([module.subarray(0, 8), ...parts]);
}

/** Calls take as many bytes as the instructions, so that no size inside the code changes. */
function call(index: number): Instruction {
  return [0x10, (index & 0x7f) | 0x80, index >> 7];
}

function substituted(
  code: Uint8Array,
  replacements: readonly Replacement[],
  calls: readonly Instruction[],
): Uint8Array {
  const result = code.slice();
  for (let at = 0; at + 2 < code.length; at++) {
    const which = replacements.findIndex(({ replaces }) =>
      replaces.every((byte, i) => code[at + i] === byte),
    );
    const replacement = calls[which];
    if (replacement !== undefined) result.set(replacement, at);
  }
  return result;
}

function sectionsOf(bytes: Uint8Array): Section[] {
  const found: Section[] = [];
  for (let at = 8; at < bytes.length; ) {
    const { value: size, next } = readUnsigned(bytes, at + 1);
    found.push({ id: bytes[at] ?? 0, contents: bytes.subarray(next, next + size) });
    at = next + size;
  }
  return found;
}

/** The number of entries of a section, and their bytes. */
interface Vector {
  readonly count: number;
  readonly items: Uint8Array;
}

function vector(sections: readonly Section[], id: number): Vector {
  const contents = sections.find((section) => section.id === id)?.contents ?? Uint8Array.of(0);
  const { value: count, next } = readUnsigned(contents, 0);
  return { count, items: contents.subarray(next) };
}

function readUnsigned(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7, at++) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
}

function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
