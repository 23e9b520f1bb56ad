import type { Arithmetic } from './networks/index.js';
import type { LatencyCell, LatencyResult, Results } from './results.js';
import { nameOfPruning } from './sessions/session.js';
import { ratioOf } from './statistics.js';

type Row = readonly string[];

/** Columns aligned by spaces; the first one to the left, the others to the right. */
export function alignedTable(header: Row, rows: readonly Row[]): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: Row): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

export const numberFormat = (arithmetic: Arithmetic): string =>
  arithmetic === 'f32' ? 'fp32' : `int${arithmetic}`;

const milliseconds = (value: number): string => value.toFixed(2);
const times = (value: number): string => `${value.toFixed(2)}x`;

function opponent(result: LatencyResult, cell: LatencyCell): LatencyCell | undefined {
  const arithmetic = cell.arithmetic === 'f32' ? 'f32' : 8;
  return result.cells.find((other) => other.engine === 'onnxruntime-web' && other.arithmetic === arithmetic);
}

function latencyRow(result: LatencyResult, cell: LatencyCell): Row {
  const other = cell.engine === 'onnxruntime-web' ? undefined : opponent(result, cell);
  const ratio = other && ratioOf(other.samples, cell.samples);
  const { median, low, high } = cell.milliseconds;
  return [
    `${result.runtime} ${result.network}`,
    String(cell.threads),
    cell.engine,
    cell.pruning
      ? `${numberFormat(cell.arithmetic)}, ${nameOfPruning(cell.pruning)}`
      : numberFormat(cell.arithmetic),
    milliseconds(median),
    `${milliseconds(low)}-${milliseconds(high)}`,
    ratio ? times(ratio.ratio) : '',
    ratio ? `${times(ratio.low)}-${times(ratio.high)}` : '',
    cell.about ?? '',
  ];
}

const latencyHeader = ['network', 'threads', 'engine', 'type', 'ms', 'spread', 'vs ort', 'spread', 'kernels'];

function processRows({ processes }: Results): readonly Row[] {
  return processes.map(({ quantity, runtime, arithmetic, unit, ours, theirs, ratio }) => [
    `${quantity}, ${runtime} resnet18 ${numberFormat(arithmetic)}`,
    `${ours.median.toFixed(1)} ${unit}`,
    `${theirs.median.toFixed(1)} ${unit}`,
    times(ratio.ratio),
    `${times(ratio.low)}-${times(ratio.high)}`,
  ]);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const inUnit = {
  times,
  share: percent,
  KB: (value: number) => `${value.toFixed(1)} KB`,
} as const;

function claimRows({ claims }: Results): readonly Row[] {
  return claims.map(({ claim, measured, goal, unit, met }) => [
    claim,
    inUnit[unit](measured.ratio),
    unit === 'KB' ? '' : `${inUnit[unit](measured.low)}-${inUnit[unit](measured.high)}`,
    `${unit === 'KB' ? '<=' : '>='} ${inUnit[unit](goal)}`,
    met ? 'met' : 'MISSED',
  ]);
}

function kernelRows({ kernels }: Results): readonly Row[] {
  return kernels.flatMap(({ runtime, variant, rates }) =>
    rates.map(({ kernel, shape, rate, ofPeak, milliseconds: time }) => [
      `${runtime} ${kernel}`,
      variant,
      shape,
      milliseconds(time),
      `${rate.toFixed(1)} GMAC/s`,
      percent(ofPeak.ratio),
      `${percent(ofPeak.low)}-${percent(ofPeak.high)}`,
    ]),
  );
}

/** The results for people. */
export function formatResults(results: Results): string {
  const cells = results.latency.flatMap((result) => result.cells.map((cell) => latencyRow(result, cell)));
  const downloads = results.downloads.map(({ engine, gzip, parts }) => [
    engine,
    `${(gzip / 1000).toFixed(1)} KB`,
    parts.map(({ name, gzip: bytes }) => `${name} ${(bytes / 1000).toFixed(1)}`).join(', '),
  ]);
  const sections: readonly (readonly [title: string, header: Row, rows: readonly Row[]])[] = [
    ['Latency, batch 1, median of rounds with first and ninth decile', latencyHeader, cells],
    [
      'Processes, median',
      ['quantity', 'spikelet', 'onnxruntime-web', 'ratio', 'spread'],
      processRows(results),
    ],
    [
      'Kernels on one core, median of processor time',
      ['kernel', 'variant', 'layers', 'ms', 'rate', 'of peak', 'spread'],
      kernelRows(results),
    ],
    ['Download, gzip -9', ['engine', 'total', 'parts'], downloads],
    ['Claims', ['claim', 'measured', 'spread', 'goal', ''], claimRows(results)],
  ];
  return sections
    .filter(([, , rows]) => rows.length > 0)
    .map(([title, header, rows]) => `${title}\n\n${alignedTable(header, rows)}\n`)
    .join('\n');
}
