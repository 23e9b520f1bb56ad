/** Markup that is safe to put into an SVG. */
export class Svg {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

type Value = string | number | Svg | readonly Svg[];

function inserted(value: Value): string {
  if (value instanceof Svg) return value.text;
  if (typeof value === 'string') return value.replace(/[&<>"]/g, (character) => escapes[character] ?? '');
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  return value.map(({ text }) => text).join('');
}

/** A template of SVG: texts are escaped, numbers rounded to hundredths, other templates inserted as they are. */
export function svg(strings: TemplateStringsArray, ...values: readonly Value[]): Svg {
  return new Svg(strings.reduce((text, part, i) => text + inserted(values[i - 1] ?? '') + part));
}
