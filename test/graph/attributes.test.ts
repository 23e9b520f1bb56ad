import { describe, expect, test } from 'vitest';
import {
  type AttributeSchema,
  boolean,
  bound,
  integer,
  integers,
  largestSize,
  number,
  numbers,
  oneOf,
  readAttributes,
} from '../../src/graph/attributes.js';

const schema = {
  count: integer(1, 4),
  sizes: integers(2, 1, [1, 1]),
  axes: integers('any', 0, []),
  slope: number(0.5),
  scales: numbers(2, [1, 1]),
  flag: boolean(false),
  mode: oneOf(['a', 'b'], 'a'),
  limit: bound(),
} satisfies AttributeSchema;

const read = (given: Record<string, unknown>) => readAttributes(schema, given, "node 'n'");

describe('readAttributes', () => {
  test('fills in defaults', () => {
    expect(read({ count: 3 })).toEqual({
      count: 3,
      sizes: [1, 1],
      axes: [],
      slope: 0.5,
      scales: [1, 1],
      flag: false,
      mode: 'a',
      limit: null,
    });
  });

  test.each<[string, unknown]>([
    ['count', 0],
    ['count', 5],
    ['count', 1.5],
    ['count', '2'],
    ['count', undefined],
    ['sizes', [1]],
    ['sizes', [1, 0]],
    ['sizes', [1, largestSize + 1]],
    ['sizes', 'ab'],
    ['axes', new Array(17).fill(0)],
    ['axes', [Number.NaN]],
    ['slope', Number.POSITIVE_INFINITY],
    ['slope', null],
    ['scales', [1, Number.NaN]],
    ['flag', 1],
    ['mode', 'c'],
    ['limit', 'none'],
  ])('refuses %s = %j, and says what is expected', (name, value) => {
    expect(() => read({ count: 1, [name]: value })).toThrow(
      `node 'n': attribute '${name}' must be ${schema[name as keyof typeof schema].expects}`,
    );
  });

  test('refuses names that are not in the schema, also those that every object has', () => {
    expect(() => read({ count: 1, colour: 1 })).toThrow(
      "node 'n': unknown attribute 'colour' (known: count,",
    );
    expect(() => read({ count: 1, toString: 1 })).toThrow("unknown attribute 'toString'");
    expect(() => read(JSON.parse('{ "count": 1, "__proto__": { "flag": true } }'))).toThrow(
      "unknown attribute '__proto__'",
    );
  });
});
