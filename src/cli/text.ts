/** Texts for numbers, with units. */

const digits = (value: number, significant: number): string => {
  const decimals = Math.max(0, significant - 1 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(decimals, significant));
};

/** 1234567 as `1,234,567`. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');

/** Bytes with a decimal unit: `5.61 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999.5e3) return `${digits(bytes / 1e3, 3)} KB`;
  if (bytes < 999.5e6) return `${digits(bytes / 1e6, 3)} MB`;
  return `${digits(bytes / 1e9, 3)} GB`;
}

/** Multiply-accumulates: `139 M`. */
export function formatMacs(macs: number): string {
  if (macs === 0) return '';
  if (macs < 999.5) return String(macs);
  if (macs < 999.5e3) return `${digits(macs / 1e3, 3)} K`;
  if (macs < 999.5e6) return `${digits(macs / 1e6, 3)} M`;
  return `${digits(macs / 1e9, 3)} G`;
}

export const formatMs = (ms: number): string => `${digits(ms, 3)} ms`;

export const formatPercent = (fraction: number, decimals = 1): string =>
  `${(100 * fraction).toFixed(decimals)} %`;

/** Seconds as `8 s` or `2 min 05 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

export const formatDims = (shape: readonly number[]): string =>
  shape.length === 0 ? 'scalar' : shape.join('x');

/** A bar of `width` characters filled to a fraction. */
export function bar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
