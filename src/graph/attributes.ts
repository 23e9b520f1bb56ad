import { SpikeletError } from '../error.js';

/** Reads one attribute of a node from untrusted data. */
export interface Attribute<T> {
  /** `undefined` for a required attribute. */
  readonly fallback: T | undefined;
  /** What is accepted, for messages and documentation. */
  readonly expects: string;
  accepts(value: unknown): value is T;
}

export type AttributeSchema = Readonly<Record<string, Attribute<unknown>>>;

export type AttributesOf<Schema extends AttributeSchema> = {
  readonly [Name in keyof Schema]: Schema[Name] extends Attribute<infer T> ? T : never;
};

function attribute<T>(expects: string, accepts: (value: unknown) => boolean, fallback?: T): Attribute<T> {
  return { fallback, expects, accepts: (value): value is T => accepts(value) };
}

/** Bound of every size in a model, so that products of a few of them stay exact. */
export const largestSize = 2 ** 28;

/** Most dimensions that a value can have. */
export const largestRank = 8;

const isInteger = (value: unknown, least: number, greatest: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= greatest;

export const integer = (least: number, greatest: number, fallback?: number): Attribute<number> =>
  attribute(`an integer from ${least} to ${greatest}`, (v) => isInteger(v, least, greatest), fallback);

export const number = (fallback?: number): Attribute<number> =>
  attribute('a finite number', (v) => typeof v === 'number' && Number.isFinite(v), fallback);

export const boolean = (fallback?: boolean): Attribute<boolean> =>
  attribute('true or false', (v) => typeof v === 'boolean', fallback);

export const oneOf = <const T extends string>(choices: readonly T[], fallback?: T): Attribute<T> =>
  attribute(`one of ${choices.join(', ')}`, (v) => choices.some((choice) => choice === v), fallback);

export const integers = (
  length: number | readonly number[] | 'any',
  least: number,
  fallback?: readonly number[],
  greatest: number = largestSize,
): Attribute<readonly number[]> =>
  attribute(
    `${length === 'any' ? `a list of at most ${2 * largestRank}` : [length].flat().join(' or ')} integers from ${least} to ${greatest}`,
    (v) =>
      Array.isArray(v) &&
      (length === 'any' ? v.length <= 2 * largestRank : [length].flat().includes(v.length)) &&
      v.every((item) => isInteger(item, least, greatest)),
    fallback,
  );

/** An axis counted from the outermost, never from the end. */
export const axis = (): Attribute<number> => integer(0, largestRank - 1);

export const numbers = (length: number | 'any', fallback?: readonly number[]): Attribute<readonly number[]> =>
  attribute(
    `${length === 'any' ? 'a list of' : length} finite numbers`,
    (v) =>
      Array.isArray(v) &&
      (length === 'any' ? v.length <= 2 * largestRank : v.length === length) &&
      v.every((item) => typeof item === 'number' && Number.isFinite(item)),
    fallback,
  );

/** A bound that may be absent: `null` means unbounded. */
export const bound = (): Attribute<number | null> =>
  attribute<number | null>(
    'a finite number or null',
    (v) => v === null || (typeof v === 'number' && Number.isFinite(v)),
    null,
  );

/** Checked attributes with defaults filled in; unknown names are refused. */
export function readAttributes(
  schema: AttributeSchema,
  given: Readonly<Record<string, unknown>>,
  where: string,
): Record<string, unknown> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(schema, name)) {
      const known = Object.keys(schema).join(', ') || 'none';
      throw new SpikeletError('invalid-model', `unknown attribute '${name}' (known: ${known})`, { where });
    }
  }
  const attributes: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(schema)) {
    const value = Object.hasOwn(given, name) ? given[name] : rule.fallback;
    if (!rule.accepts(value)) {
      throw new SpikeletError('invalid-model', `attribute '${name}' must be ${rule.expects}`, { where });
    }
    attributes[name] = value;
  }
  return attributes;
}
