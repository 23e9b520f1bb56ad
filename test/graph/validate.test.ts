import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { validateGraph } from '../../src/graph/validate.js';
import { failure, float, integer } from './validate/invalid.js';

test('valid graphs are valid, and their types are known', () => {
  expect(validateGraph(float).get('logits')).toEqual({ dtype: 'f32', shape: [1, 2] });
  expect(validateGraph(integer).get('pool')).toEqual({
    dtype: 'u8',
    shape: [1, 1, 1, 1],
    quantization: quantization(0.125, 0),
  });
});

describe('graphs from callers without a type checker', () => {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, '', 'x', -1, 0, 1.5, Number.NaN, 2 ** 53, true, [], {}, [[]]),
    fc.constantFrom<unknown>([null], ['__proto__'], [1, 2], { length: 3 }, { kind: 'image' }, { kind: 1 }),
    fc.constantFrom<unknown>(() => 0, Symbol.iterator, 3n, new Map(), new Float32Array(2), '__proto__'),
  );

  /** Paths of all fields, depth first; data of constants as a whole. */
  function paths(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
    const below =
      typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
        ? Object.entries(value).flatMap(([key, field]) => paths(field, [...path, key]))
        : [];
    return [path, ...below];
  }

  function replace(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
    if (key === undefined) return by;
    const copy: Record<string, unknown> = Array.isArray(value)
      ? ([...value] as unknown as Record<string, unknown>)
      : { ...(value as Record<string, unknown>) };
    copy[key] = replace(copy[key], rest, by);
    return copy;
  }

  const plain = (graph: Graph) => ({ ...graph, constants: Object.fromEntries(graph.constants) });

  test.each([float, integer])('any field replaced by anything is valid or a typed error', (graph) => {
    const base = plain(graph);
    fc.assert(
      fc.property(fc.constantFrom(...paths(base)), junk, (path, by) => {
        const changed = replace(base, path, by) as ReturnType<typeof plain> | undefined;
        const constants: unknown = changed?.constants;
        const map =
          typeof constants === 'object' && constants !== null
            ? new Map(Object.entries(constants))
            : constants;
        const hostile = path.length === 0 ? by : { ...changed, constants: map };
        expect(failure(hostile as Graph)).toBeTypeOf('string');
      }),
      { numRuns: 2000 },
    );
  });
});
