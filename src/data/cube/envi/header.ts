import { SpikeletError } from '../../../error.js';

/** Largest header that is read: one of a thousand named bands has some tens of kilobytes. */
const largestHeader = 1 << 24;

/** A field as it stands in the header, with the byte where it begins. */
export interface Field {
  readonly text: string;
  readonly at: number;
}

/** Fields of an ENVI header by name in lower case. */
export interface EnviHeader {
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

export const isEnviHeader = (bytes: Uint8Array): boolean =>
  new TextDecoder('latin1')
    .decode(bytes.subarray(0, 7))
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .startsWith('ENVI');

/** Splits a header into its fields. Throws `invalid-input` that names the byte where it breaks the format. */
export function parseHeader(bytes: Uint8Array, name: string): EnviHeader {
  if (!isEnviHeader(bytes)) {
    throw new SpikeletError('invalid-input', "does not begin with 'ENVI': it is no ENVI header", {
      where: `${name}: byte 0`,
    });
  }
  if (bytes.length > largestHeader) {
    throw new SpikeletError('invalid-input', `has ${bytes.length} bytes, too many for an ENVI header`, {
      where: name,
    });
  }
  // One character a byte, so that positions are byte offsets.
  const text = new TextDecoder('latin1').decode(bytes);
  const fields = new Map<string, Field>();
  for (let at = lineEnd(text, 0); at < text.length; ) {
    const end = lineEnd(text, at);
    const line = text.slice(at, end);
    const equals = line.indexOf('=');
    if (line.trim() === '' || line.trimStart().startsWith(';')) at = end;
    else if (equals < 0) {
      const shown = JSON.stringify(line.trim().slice(0, 40));
      throw new SpikeletError('invalid-input', `expected 'field = value', got ${shown}`, {
        where: `${name}: byte ${at}`,
      });
    } else {
      const key = line.slice(0, equals).trim().toLowerCase().replace(/\s+/g, ' ');
      const value = readValue(text, at + equals + 1, end, `${name}: field '${key}' at byte ${at}`);
      if (fields.has(key)) {
        throw new SpikeletError('invalid-input', 'is given twice', {
          where: `${name}: field '${key}' at byte ${at}`,
        });
      }
      fields.set(key, { text: value.text, at });
      at = value.end;
    }
  }
  return { name, fields };
}

/** Where the line at `at` ends, its line break included. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function readValue(
  text: string,
  from: number,
  end: number,
  where: string,
): { readonly text: string; readonly end: number } {
  const value = text.slice(from, end).trim();
  if (!value.startsWith('{')) return { text: value, end };
  const open = text.indexOf('{', from);
  const close = text.indexOf('}', open);
  if (close < 0) throw new SpikeletError('invalid-input', "the list has no closing '}'", { where });
  return { text: text.slice(open, close + 1), end: lineEnd(text, close) };
}

const placeOf = ({ name, fields }: EnviHeader, key: string): string => {
  const at = fields.get(key)?.at;
  return at === undefined ? `${name}: field '${key}'` : `${name}: field '${key}' at byte ${at}`;
};

/** An error about a field. */
export const fieldError = (
  header: EnviHeader,
  key: string,
  message: string,
  code: 'invalid-input' | 'unsupported' = 'invalid-input',
): SpikeletError => new SpikeletError(code, message, { where: placeOf(header, key) });

const latinToUtf8 = (text: string): string =>
  new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));

export function textField(header: EnviHeader, key: string): string | undefined {
  const text = header.fields.get(key)?.text;
  return text === undefined ? undefined : latinToUtf8(text.replace(/^\{([\s\S]*)\}$/, '$1').trim());
}

export function numberField(header: EnviHeader, key: string, fallback?: number): number {
  const text = textField(header, key);
  if (text === undefined || text === '') {
    if (fallback !== undefined && text === undefined) return fallback;
    throw fieldError(header, key, 'is missing; an ENVI header needs it');
  }
  const value = Number(text);
  if (!Number.isFinite(value)) {
    throw fieldError(header, key, `is ${JSON.stringify(text.slice(0, 40))}, expected a number`);
  }
  return value;
}

/** A list in braces; `length` is how many it must have. */
export function listField(header: EnviHeader, key: string, length: number): readonly string[] | undefined {
  const text = textField(header, key);
  if (text === undefined) return undefined;
  const items = text.split(',').map((item) => item.trim());
  if (items.at(-1) === '') items.pop();
  if (items.length !== length)
    throw fieldError(header, key, `has ${items.length} entries, expected ${length}`);
  return items;
}

export function numbersField(header: EnviHeader, key: string, length: number): readonly number[] | undefined {
  return listField(header, key, length)?.map((item, i) => {
    const value = Number(item);
    if (item !== '' && Number.isFinite(value)) return value;
    throw fieldError(header, key, `entry ${i} is ${JSON.stringify(item.slice(0, 40))}, expected a number`);
  });
}
