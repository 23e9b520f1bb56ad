import { type Html, html } from '../../report/html.js';
import { ticks } from './ticks.js';

/** A curve: `points` are epochs with values, in order of epochs. */
export interface Series {
  readonly label: string;
  /** Class of the style sheet that colours it. */
  readonly colour: string;
  readonly points: readonly (readonly [epoch: number, value: number])[];
}

export interface LineChart {
  readonly title: string;
  readonly series: readonly Series[];
  /** A value in words, for labels; shorter ones for the axis. */
  readonly text: (value: number) => string;
  readonly axis: (value: number) => string;
}

const [width, height] = [420, 250];
const [left, right, top, bottom] = [46, 20, 12, 34];
/** Epochs up to which every one gets a dot. */
const mostDots = 40;

interface Frame {
  readonly x: (epoch: number) => number;
  readonly y: (value: number) => number;
  readonly levels: readonly number[];
  readonly epochs: readonly number[];
}

function frameOf(series: readonly Series[]): Frame {
  const points = series.flatMap((one) => one.points);
  const values = points.map(([, value]) => value);
  const last = Math.max(...points.map(([epoch]) => epoch));
  const first = Math.min(1, ...points.map(([epoch]) => epoch));
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const space = 0.06 * (greatest - least || Math.abs(greatest) || 1);
  // An axis that can begin at zero does, where that leaves the curve its half of the height.
  const low = least >= 0 && least < 0.5 * greatest ? 0 : least - space;
  const high = greatest + space;
  const across = Math.max(last - first, 1e-9);
  return {
    x: (epoch) =>
      last === first
        ? (left + width - right) / 2
        : left + ((width - left - right) * (epoch - first)) / across,
    y: (value) => height - bottom - ((height - top - bottom) * (value - low)) / (high - low),
    levels: ticks(low, high, 5),
    epochs: last === first ? [last] : ticks(first, last, 7).filter(Number.isInteger),
  };
}

function axes({ x, y, levels, epochs }: Frame, axis: LineChart['axis']): readonly Html[] {
  return [
    ...levels.map(
      (level) => html`<path class="grid" d="M${left} ${y(level).toFixed(1)}H${width - right}"/>
        <text class="soft" x="${left - 7}" y="${(y(level) + 4).toFixed(1)}" text-anchor="end">${axis(level)}</text>`,
    ),
    ...epochs.map(
      (epoch) => html`<text class="soft" x="${x(epoch).toFixed(1)}" y="${height - bottom + 17}"
        text-anchor="middle">${String(epoch)}</text>`,
    ),
    html`<text class="soft" x="${(left + width - right) / 2}" y="${height - 3}" text-anchor="middle">epoch</text>`,
  ];
}

function curve({ label, colour, points }: Series, { x, y }: Frame, text: LineChart['text']): Html {
  const line = points.map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const radius = points.length <= mostDots ? 3 : 1.5;
  const dots = points.map(
    ([epoch, value]) => html`<circle cx="${x(epoch).toFixed(1)}" cy="${y(value).toFixed(1)}" r="${radius}"
      ><title>${label}, epoch ${String(epoch)}: ${text(value)}</title></circle>`,
  );
  return html`<g class="curve ${colour}"><polyline points="${line}"/>${dots}</g>`;
}

/** Curves over the epochs, with their last values in a legend. */
export function lineChart({ title, series, text, axis }: LineChart): Html {
  const drawn = series
    .map((one) => ({ ...one, points: one.points.filter(([, value]) => Number.isFinite(value)) }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return html``;
  const frame = frameOf(drawn);
  const lastOf = ({ points }: Series): string => text(points.at(-1)?.[1] ?? Number.NaN);
  const summary = drawn.map((one) => `${one.label} ${lastOf(one)}`).join(', ');
  const legend = drawn.map(
    (one) => html`<li class="${one.colour}"><span>${one.label}</span> <b>${lastOf(one)}</b></li>`,
  );
  return html`<div class="panel chart"><h3>${title}</h3><ul class="legend">${legend}</ul>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title} by epoch, at the end: ${summary}">
    ${axes(frame, axis)}${drawn.map((one) => curve(one, frame, text)).reverse()}</svg></div>`;
}
