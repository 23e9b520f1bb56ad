import { asInteger, asObject, field, type JsonObject, parseJson, rejectModel } from '../../format/json.js';

const version = 1;

/** The JSON object of a file of some kind, with the fields given and its format and version. */
export function documentFrom(text: string, kind: string, fields: readonly string[]): JsonObject {
  const where = kind.replace('spikelet-', '');
  const document = asObject(parseJson(text, where), where, ['format', 'version', ...fields]);
  if (field(document, 'format') !== kind) rejectModel(`${where}.format`, `must be '${kind}'`);
  asInteger(field(document, 'version'), version, version, `${where}.version`);
  return document;
}

/** A document as text: entries of lists one a line. */
export function documentText(kind: string, content: object): string {
  const fields = Object.entries({ format: kind, version, ...content }).map(([name, value]) => {
    const isLong = Array.isArray(value) && value.some((entry) => typeof entry === 'object');
    const lines = isLong
      ? `[\n${value.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`
      : undefined;
    return `  ${JSON.stringify(name)}: ${lines ?? JSON.stringify(value)}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
}
