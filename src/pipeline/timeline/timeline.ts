import { checkOptionNames, isCount, rejectInput, rejectOption } from '../check.js';
import { bottleneckOf, partsOf, type Schedule } from '../schedule.js';
import type { Span } from '../simulate/line.js';
import { type Simulation, simulate } from '../simulate/simulate.js';
import { formatSeconds, tickStep } from './scale.js';
import { style } from './style.js';
import { type Svg, svg } from './svg.js';

export interface TimelineOptions {
  /** Micro-batches to draw, of a schedule. Default: 8 more than stages. */
  readonly items?: number | undefined;
  /** Pixels. Default: 960. */
  readonly width?: number | undefined;
}

const rowHeight = 30;
const barHeight = 17;
const linkHeight = 5;
const top = 74;
const labelWidth = 218;
const loadWidth = 84;
const colours = 8;

interface Row {
  readonly device: string;
  readonly detail: string;
  readonly load: string;
  readonly isBottleneck: boolean;
}

interface Frame {
  readonly width: number;
  readonly rows: readonly Row[];
  /** Seconds that the picture is wide. */
  readonly seconds: number;
  x(seconds: number): number;
}

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** One row a device, those that send inputs and those that were lost included. */
function rowsOf(schedule: Schedule, trace: readonly Span[]): readonly Row[] {
  const slowest = bottleneckOf(schedule);
  const loads = new Map(
    partsOf(schedule).flatMap(({ kind, index, period }) =>
      kind === 'stage' ? [[index, slowest.period > 0 ? period / slowest.period : 0] as const] : [],
    ),
  );
  const rows = schedule.stages.flatMap(({ devices, type, begin, end }, index) =>
    devices.map((device) => ({
      device,
      detail: `${begin + 1 === end ? `layer ${end}` : `layers ${begin + 1}–${end}`} · ${type}`,
      load: percent(loads.get(index) ?? 0),
      isBottleneck: slowest.kind === 'stage' ? slowest.index === index : slowest.index === index + 1,
    })),
  );
  const known = new Set(rows.map(({ device }) => device));
  const others = [...new Set(trace.map(({ device }) => device))].filter((device) => !known.has(device));
  const extra = others
    .filter((device) => device !== 'source')
    .map((device) => ({ device, detail: 'lost', load: '', isBottleneck: false }));
  const isSourceSlow = slowest.kind === 'transfer' && slowest.index === 0;
  const source = trace.some(({ device, begin, end }) => device === 'source' && end > begin)
    ? [{ device: 'source', detail: 'inputs', load: '', isBottleneck: isSourceSlow }]
    : [];
  return [...source, ...rows, ...extra];
}

function bar({ x }: Frame, row: number, { kind, item, begin, end, device }: Span): Svg {
  const y = top + rowHeight * row + (kind === 'stage' ? 3 : 4 + barHeight);
  const width = Math.max(x(end) - x(begin) - 0.6, 0.6);
  const height = kind === 'stage' ? barHeight : linkHeight;
  const what = kind === 'stage' ? `computes on ${device}` : `leaves ${device}`;
  const title = `micro-batch ${item + 1} ${what}: ${begin.toFixed(4)} to ${end.toFixed(4)} s`;
  const number =
    kind === 'stage' && width > 15
      ? svg`<text class="item" x="${x(begin) + width / 2}" y="${y + 12.5}">${item + 1}</text>`
      : svg``;
  const rounding = kind === 'stage' ? 2.5 : 1;
  return svg`<g><title>${title}</title><rect class="c${item % colours}" x="${x(begin)}" y="${y}" width="${width}" height="${height}" rx="${rounding}"/>${number}</g>
`;
}

function axis({ x, rows, seconds, width }: Frame): Svg {
  const bottom = top + rowHeight * rows.length;
  const step = tickStep(seconds, 8);
  const ticks = Array.from({ length: Math.floor(seconds / step + 1e-9) + 1 }, (_, i) => i * step);
  const lines = ticks.map(
    (at) => svg`<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${top - 6}" y2="${bottom}"/>
<text class="tick" x="${x(at)}" y="${bottom + 16}">${formatSeconds(at, step)}</text>
`,
  );
  return svg`${lines}<text class="head" x="${width - 12}" y="${top - 12}" text-anchor="end">load</text>
`;
}

function labels({ rows, width }: Frame): readonly Svg[] {
  return rows.map(({ device, detail, load, isBottleneck }, i) => {
    const y = top + rowHeight * i;
    const mark = isBottleneck
      ? svg`<rect class="slow" x="4" y="${y}" width="${width - 8}" height="${rowHeight}" rx="4"/>`
      : svg``;
    return svg`${mark}<text class="device" x="12" y="${y + 13}">${shortened(device, 30)}</text>
<text class="detail" x="12" y="${y + 25}">${shortened(detail, 36)}</text>
<text class="load" x="${width - 12}" y="${y + 13}">${load}</text>
<text class="detail load" x="${width - 12}" y="${y + 25}">${isBottleneck ? 'bottleneck' : ''}</text>
`;
  });
}

function traced(source: Schedule | Simulation, items: number | undefined): Simulation {
  if ('stages' in source) return simulate(source, { items: items ?? source.stages.length + 8, trace: true });
  if (items !== undefined) rejectOption('items', 'is for schedules: a simulation has as many as it has');
  if (source.trace.length === 0) rejectInput('simulation', 'has no trace: simulate with { trace: true }');
  return source;
}

/**
 * What each device does when, as an SVG that needs nothing else: a row for each device, a bar for each micro-batch that
 * it computes and a thin one below for each that it sends; equal colours are the same micro-batch.
 *
 * @param source A schedule, or a simulation with its trace.
 * @throws SpikeletError `invalid-option`, or `invalid-input` for a simulation without a trace.
 */
export function timeline(source: Schedule | Simulation, options: TimelineOptions = {}): string {
  checkOptionNames(options, ['items', 'width']);
  const { items, width = 960 } = options;
  if (!isCount(width, 400)) rejectOption('width', 'must be an integer of at least 400');
  const { schedule, trace, seconds, period } = traced(source, items);
  const rows = rowsOf(schedule, trace);
  const end = Math.max(seconds, ...trace.map((span) => span.end)) || 1;
  const scale = (width - labelWidth - loadWidth) / end;
  const frame: Frame = { width, rows, seconds: end, x: (at) => labelWidth + at * scale };
  const height = top + rowHeight * rows.length + 30;
  const rowOf = new Map(rows.map(({ device }, i) => [device, i]));
  const bars = trace.flatMap((span) => {
    const row = rowOf.get(span.device);
    return row === undefined || span.end <= span.begin ? [] : [bar(frame, row, span)];
  });
  const { stages, batch, model } = schedule;
  const count = `${stages.length} ${stages.length === 1 ? 'stage' : 'stages'}`;
  const rate = `${period.toPrecision(4)} s between results · ${(batch / period).toPrecision(4)} items a second`;
  const { text } =
    svg`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${model}: ${count}, ${rate}</title>
${style}
<rect class="paper" width="${width}" height="${height}"/>
<text class="model" x="12" y="26">${shortened(model, 80)}</text>
<text class="detail" x="12" y="44">${count} · ${rate} · micro-batches of ${batch}</text>
${labels(frame)}${axis(frame)}${bars}</svg>
`;
  return text;
}
