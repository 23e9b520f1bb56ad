import { SpikeletError } from '../../error.js';
import { asArray, asNumber, asObject, field, type JsonObject } from '../../format/json.js';

const mostCharacters = 16_000_000;

/** Parses untrusted YAML of plain values. Throws `invalid-input`. */
export async function parseYaml(text: string, where: string): Promise<unknown> {
  const reject = (message: string, cause?: unknown): never => {
    throw new SpikeletError('invalid-input', message, { where, cause });
  };
  if (text.length > mostCharacters)
    reject(`has ${text.length} characters, at most ${mostCharacters} are read`);
  const { parse } = await import('yaml');
  try {
    // Aliases could make little text stand for much.
    return parse(text, { maxAliasCount: 0, schema: 'core', prettyErrors: true });
  } catch (cause) {
    return reject(
      `is not YAML that can be read (${cause instanceof Error ? cause.message : 'unreadable'})`,
      cause,
    );
  }
}

export async function yamlText(content: object): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(content, { lineWidth: 100 });
}

/** Entries of a mapping, which may be empty. */
export const entriesOf = (value: unknown, where: string): readonly (readonly [string, unknown])[] =>
  Object.entries(asObject(value ?? {}, where));

export const numbersIn = (object: JsonObject, name: string, where: string): readonly number[] =>
  asArray(field(object, name) ?? [], `${where}.${name}`).map((item, i) =>
    asNumber(item, `${where}.${name}[${i}]`),
  );
