import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KernelFamily } from '../../src/compile/families.js';
import type { KernelField } from '../../src/compile/kernels/row.js';
import { families, kernels } from '../../src/compile/kernels/table.js';
import { builtModule } from '../kernels/built.js';

const root = new URL('../../', import.meta.url);

/** Ids of WebAssembly sections. */
const section = { import: 2, memory: 5, start: 8, data: 11, dataCount: 12 } as const;

/** Contents of every section by its id. */
function sections(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at] ?? 0;
    const { value: size, next } = leb128(bytes, at + 1);
    found.set(id, bytes.subarray(next, next + size));
    at = next + size;
  }
  return found;
}

function leb128(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7, at++) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at + 1 };
  }
}

/** Node 20 cannot compile relaxed SIMD, so the names come from the bytes of the export section. */
function exportNames(bytes: Uint8Array): string[] {
  const contents = sections(bytes).get(7) ?? new Uint8Array();
  let { value: count, next: at } = leb128(contents, 0);
  const names: string[] = [];
  for (; count > 0; count--) {
    const { value: length, next } = leb128(contents, at);
    names.push(new TextDecoder().decode(contents.subarray(next, next + length)));
    at = leb128(contents, next + length + 1).next;
  }
  return names;
}

const byteText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const modules = (Object.keys(families) as KernelFamily[]).flatMap((family) =>
  ['simd', 'relaxed', 'simd-shared', 'relaxed-shared'].map((variant) => ({ family, variant })),
);

describe.each(modules)('build/kernels/$family-$variant.wasm', ({ family, variant }) => {
  const bytes = builtModule(family, variant);

  it('has no data, no start function and no memory of its own', () => {
    const found = sections(bytes);
    for (const id of [section.data, section.dataCount, section.start, section.memory]) {
      expect(found.get(id)?.length ?? 0).toBe(0);
    }
  });

  it('imports env.memory alone, shared where the name says so', () => {
    const contents = sections(bytes).get(section.import) ?? new Uint8Array();
    const memory = variant.endsWith('shared') ? '\x03' : '\x01';
    expect(byteText(contents).startsWith(`\x01\x03env\x06memory\x02${memory}`)).toBe(true);
  });

  it('exports the kernels of its family and nothing else', () => {
    expect(exportNames(bytes).sort()).toEqual(families[family].map((row) => row.name).sort());
  });
});

describe('build/kernels/core-relaxed.wasm', () => {
  it('keeps the order of the inner loops: no dot product is nested in the next', () => {
    const dot = '\xfd\x93\x02';
    const code = byteText(builtModule('core', 'relaxed'));
    expect(code.split(dot).length).toBeGreaterThan(48);
    expect(code.includes(dot + dot)).toBe(false);
  });
});

interface ParameterClass {
  readonly name: string;
  readonly base: string | undefined;
  readonly fields: readonly KernelField[];
}

function assemblySources(): string[] {
  const folder = new URL('assembly/', root);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'));
}

const fieldTypes: Readonly<Record<string, KernelField['type']>> = {
  usize: 'pointer',
  i32: 'i32',
  f32: 'f32',
};

/** Classes marked @unmanaged, with their fields in order. */
function parameterClasses(source: string): ParameterClass[] {
  const classes = source.matchAll(
    /@unmanaged\s+(?:export\s+)?class\s+(\w+)(?:\s+extends\s+(\w+))?\s*\{([^}]*)\}/g,
  );
  return [...classes].map(([, name = '', base, body = '']) => {
    const fields = [...body.matchAll(/^\s*(\w+)\s*:\s*(\w+)\s*;/gm)].map(([, field = '', type = '']) => {
      const known = fieldTypes[type];
      if (known === undefined) throw new Error(`${name}.${field} is ${type}, not usize, i32 or f32`);
      return { name: field, type: known };
    });
    return { name, base, fields };
  });
}

/** Which class each exported kernel reads its parameters as. */
function classOfKernel(source: string): Map<string, string> {
  const signature = /export function (\w+)\(parameters: usize, begin: i32, end: i32\): void \{/g;
  const found = new Map<string, string>();
  for (const match of source.matchAll(signature)) {
    const body = source.slice(match.index).split('\n}')[0] ?? '';
    const name = /changetype<(\w+)>\(parameters\)/.exec(body)?.[1];
    if (name !== undefined) found.set(match[1] ?? '', name);
  }
  return found;
}

describe('parameter blocks', () => {
  const sources = assemblySources();
  const classes = new Map(sources.flatMap(parameterClasses).map((one) => [one.name, one]));
  const classNames = new Map(sources.flatMap((source) => [...classOfKernel(source)]));

  const fieldsOf = (name: string | undefined): readonly KernelField[] => {
    const found = classes.get(name ?? '');
    return found === undefined ? [] : [...fieldsOf(found.base), ...found.fields];
  };

  it.each(
    kernels.map((row) => [row.name, row] as const),
  )('%s has the fields of its table row', (name, row) => {
    expect(fieldsOf(classNames.get(name))).toEqual(row.fields);
  });
});
