/** The page's element with an id, checked to be of the kind expected. */
export function element<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} '${id}'`);
  return found;
}

/** A new element with text and children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: { readonly className?: string; readonly text?: string } = {},
  children: readonly Node[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (properties.className !== undefined) made.className = properties.className;
  if (properties.text !== undefined) made.textContent = properties.text;
  made.append(...children);
  return made;
}

/** A bar that fills a part of its track; `value` is from 0 to 1. */
export function bar(value: number): HTMLElement {
  const fill = make('i');
  fill.style.width = `${(100 * value).toFixed(1)}%`;
  return make('div', { className: 'bar' }, [fill]);
}
