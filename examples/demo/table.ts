import type { Outcome } from './classify.js';

/** A line of the comparison, ready to be shown. */
export interface Line {
  readonly engine: string;
  readonly precision: string;
  readonly file: string;
  readonly bits: string;
  readonly top1: string;
  readonly milliseconds: string;
  readonly kernels: string;
  /** How many times as fast as onnxruntime-web in fp32 and in int8. */
  readonly overFloat: string;
  readonly overInteger: string;
}

export const columns: Readonly<Record<keyof Line, string>> = {
  engine: 'engine',
  precision: 'model',
  file: 'file',
  bits: 'bits',
  top1: 'top-1',
  milliseconds: 'ms/image',
  kernels: 'kernels',
  overFloat: 'vs ort fp32',
  overInteger: 'vs ort int8',
};

const fileSize = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

export function linesOf(outcomes: readonly Outcome[]): readonly Line[] {
  const ratio = (outcome: Outcome, precision: string): string => {
    const other = outcomes.find(
      ({ contender }) => contender.engine === 'onnxruntime-web' && contender.precision === precision,
    );
    if (!other || other === outcome) return '';
    return `${(other.milliseconds / outcome.milliseconds).toFixed(2)}x`;
  };
  return outcomes.map((outcome) => ({
    engine: outcome.contender.engine,
    precision: outcome.contender.precision,
    file: fileSize(outcome.contender.fileBytes),
    bits: outcome.contender.bits.toFixed(1).replace('.0', ''),
    top1: `${(100 * outcome.top1).toFixed(1)} %`,
    milliseconds: outcome.milliseconds.toFixed(2),
    kernels: outcome.contender.kernels,
    overFloat: ratio(outcome, 'fp32'),
    overInteger: ratio(outcome, 'int8'),
  }));
}

const halfNote =
  "fp32: spikelet's file is fp32, stored in 16 bits; that of onnxruntime-web stores 32, which alone makes it twice as large. Both compute in 32.";

const sparseNote =
  'dnr: weights of 8 bits, most of them zero; int8 of onnxruntime-web is the same network with its zeros.';

/** What the words of the table mean, one sentence each, as far as they are in it. */
export function notesOf(outcomes: readonly Outcome[]): readonly string[] {
  const own = outcomes.filter(({ contender }) => contender.engine === 'spikelet');
  const has = (precision: string): boolean => own.some(({ contender }) => contender.precision === precision);
  const isHalf = own.some(({ contender }) => contender.precision === 'fp32' && contender.bits === 16);
  const isRelaxed = own.some(({ contender }) => contender.kernels === 'relaxed SIMD');
  const lack = isRelaxed
    ? ''
    : '; this version of Node has none, or none that are exact: a newer one runs int8 faster because it has them';
  return [
    'vs ort: how many times as fast as onnxruntime-web with its fp32 or int8 model.',
    ...(isHalf ? [halfNote] : []),
    ...(has('w4a8') ? ['w4a8: weights of 4 bits, activations of 8.'] : []),
    ...(has('bmpq')
      ? ['bmpq: weights of 2 or 4 bits, as the training chose for each layer, activations of 8.']
      : []),
    ...(has('dnr') ? [sparseNote] : []),
    'fixed SIMD: the vector instructions that every engine has; bytes become 16-bit numbers before a product.',
    `relaxed SIMD: newer ones that multiply bytes as they are, which is faster${lack}.`,
  ];
}

/** The comparison as text, columns aligned by spaces. */
export function textTable(lines: readonly Line[]): string {
  const keys = Object.keys(columns) as readonly (keyof Line)[];
  const rows = [columns, ...lines].map((line) => keys.map((key) => line[key]));
  const widths = keys.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const isText = (key: keyof Line | undefined): boolean =>
    key === 'engine' || key === 'precision' || key === 'kernels';
  const [header = '', ...body] = rows.map((row) =>
    row
      .map((cell, i) => (isText(keys[i]) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return [header, widths.map((width) => '─'.repeat(width)).join('  '), ...body].join('\n');
}
