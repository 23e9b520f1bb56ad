import { type Html, html } from '../../report/html.js';

/** How a number of each layer went over the epochs. */
export interface LayerMap {
  readonly title: string;
  readonly note: string;
  readonly epochs: readonly {
    readonly epoch: number;
    readonly values: Readonly<Record<string, number>>;
    /** Whether it is marked above its column. */
    readonly isMarked?: boolean;
  }[];
  /** From 0, faint, to 1, full colour. */
  readonly strength: (value: number) => number;
  readonly text: (value: number) => string;
  /** Values that the legend shows. */
  readonly legend: readonly number[];
}

const [width, left, right, rowHeight, head, foot] = [1100, 200, 70, 18, 14, 22];
const most = 12;

interface Run {
  readonly value: number;
  readonly from: number;
  /** The first column that is no part of it. */
  to: number;
}

/** Neighbours of equal value as one. */
function runsOf(values: readonly (number | undefined)[]): readonly Run[] {
  const runs: Run[] = [];
  values.forEach((value, i) => {
    const before = runs.at(-1);
    if (value === undefined) return;
    if (before?.value === value && before.to === i) before.to = i + 1;
    else runs.push({ value, from: i, to: i + 1 });
  });
  return runs;
}

/** A row a layer, a column an epoch, the stronger the colour the greater the value. */
export function layerMap({ title, note, epochs, strength, text, legend }: LayerMap): Html {
  const layers = Object.keys(epochs.at(-1)?.values ?? {});
  const column = (width - left - right) / epochs.length;
  const height = head + rowHeight * layers.length + foot;
  const x = (i: number): string => (left + column * i).toFixed(1);
  const name = (i: number): string => String(Number((epochs[i]?.epoch ?? 0).toFixed(2)));
  const rows = layers.map((layer, row) => {
    const y = head + rowHeight * row;
    const values = epochs.map(({ values }) => values[layer]);
    const cells = runsOf(values).map(({ value, from, to }) => {
      const span = from + 1 === to ? `epoch ${name(from)}` : `epochs ${name(from)} to ${name(to - 1)}`;
      return html`<rect x="${x(from)}" y="${y + 1}" width="${(column * (to - from) - 0.5).toFixed(1)}"
        height="${rowHeight - 2}" fill-opacity="${strength(value).toFixed(3)}"
        ><title>${layer}, ${span}: ${text(value)}</title></rect>`;
    });
    const last = values.at(-1);
    return html`<text x="${left - 8}" y="${y + 13}" text-anchor="end">${layer}</text>${cells}
      <text x="${width - right + 8}" y="${y + 13}">${last === undefined ? '' : text(last)}</text>`;
  });
  const every = Math.ceil(epochs.length / most);
  const numbers = epochs.map((_, i) =>
    i % every > 0 && i < epochs.length - 1
      ? html``
      : html`<text class="soft" x="${(left + column * (i + 0.5)).toFixed(1)}" y="${height - 6}"
          text-anchor="middle">${name(i)}</text>`,
  );
  const marks = epochs.map(({ isMarked }, i) =>
    isMarked
      ? html`<path class="mark" d="M${(left + column * (i + 0.5)).toFixed(1)} ${head - 2}l-4 -7h8z"/>`
      : html``,
  );
  const key = legend.map(
    (value) => html`<li><i style="opacity:${strength(value).toFixed(3)}"></i>${text(value)}</li>`,
  );
  return html`<div class="panel map"><h3>${title}</h3><p>${note}</p><ul class="legend">${key}</ul>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${rows}${numbers}${marks}</svg></div>`;
}
