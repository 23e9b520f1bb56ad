/** A round step that divides `length` into at most `most` parts. */
export function tickStep(length: number, most: number): number {
  const least = length / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least) ?? 10;
  return factor * power;
}

/** Seconds with a unit that fits a step. */
export function formatSeconds(seconds: number, step: number): string {
  const [factor, unit] = step >= 0.5 ? [1, 's'] : step >= 5e-4 ? [1e3, 'ms'] : [1e6, 'µs'];
  const decimals = Math.max(0, -Math.floor(Math.log10(step * factor) + 1e-9));
  return `${(seconds * factor).toFixed(Math.min(decimals, 3))} ${unit}`;
}
