import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KernelField } from '../../src/compile/kernels/row.js';
import { kernels } from '../../src/compile/kernels/table.js';

const folder = new URL('../../assembly/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

const types = { usize: 'pointer', i32: 'i32', f32: 'f32' } as const;

/** Fields of a parameter class, those of its base class first. */
function fieldsOf(className: string): KernelField[] {
  const [, base, body = ''] =
    new RegExp(`class ${className}(?: extends (\\w+))? \\{([^}]*)\\}`).exec(sources) ?? [];
  const own = [...body.matchAll(/^ {2}(\w+): (usize|i32|f32);/gm)].map(([, name = '', type = '']) => ({
    name,
    type: types[type as keyof typeof types],
  }));
  return base === undefined ? own : [...fieldsOf(base), ...own];
}

describe('rows of the table of kernels', () => {
  const kernel =
    /^export function (\w+)\(parameters: usize, begin: i32, end: i32\): void \{([^}]*changetype<(\w+)>)/gm;
  const written = new Map(
    [...sources.matchAll(kernel)].map(([, name = '', , className = '']) => [name, className]),
  );

  it('name every kernel of assembly once', () => {
    const names = kernels.map(({ name }) => name);
    expect([...names].sort()).toEqual([...written.keys()].sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(kernels)('$name lists the fields of its parameter block', ({ name, fields }) => {
    expect(fields).toEqual(fieldsOf(written.get(name) ?? ''));
  });
});
