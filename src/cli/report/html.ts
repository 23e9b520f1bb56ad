/** Text that stands in HTML as it is. */
export interface Html {
  readonly html: string;
}

type Part = Html | readonly Html[] | string | number;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function render(part: Part): string {
  if (typeof part === 'string') return part.replace(/[&<>"]/g, (character) => entities[character] ?? '');
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(render).join('');
}

/** A template of HTML: values are escaped, other HTML is taken as it is. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: texts.map((text, i) => text + (i < parts.length ? render(parts[i] ?? '') : '')).join(''),
});
