import type { Problem } from './problem.js';

/**
 * A bound that refuses most hopeless states: work such that a device of speed `s` does at most `s` of it a second,
 * whatever layers it runs.
 */
export interface Reserve {
  /** Work of the layers from each one on. */
  readonly work: Float64Array;
  /** Speed of all devices that are not in a selection. */
  readonly speed: Float64Array;
}

/** Keeps what rounding could take. */
const slack = 1 + 1e-9;

export function reserveOf({ layers, classes, selections, units, seconds }: Problem): Reserve {
  const timesOf = classes.map(({ type }) => seconds[units.findIndex((unit) => unit.type === type)]);
  const secondsAt = (c: number, begin: number, end: number): number =>
    timesOf[c]?.[begin * (layers + 1) + end] ?? Number.POSITIVE_INFINITY;
  // Relative speeds make the bound tight where times are proportional; any positive ones make it a bound.
  const speeds = classes.map((_, c) => {
    const ratio = secondsAt(0, 0, layers) / secondsAt(c, 0, layers);
    return ratio > 0 && Number.isFinite(ratio) ? ratio : 1;
  });
  const work = new Float64Array(layers + 1);
  for (let at = layers - 1; at >= 0; at--) {
    const least = Math.min(...speeds.map((speed, c) => secondsAt(c, at, at + 1) * speed));
    work[at] = (work[at + 1] ?? 0) + least;
  }
  const speed = Float64Array.from({ length: selections.count }, (_, selection) =>
    classes.reduce((sum, { devices }, c) => {
      const used = Math.floor(selection / (selections.strides[c] ?? 1)) % (devices.length + 1);
      return sum + (devices.length - used) * (speeds[c] ?? 1) * slack;
    }, 0),
  );
  return { work, speed };
}
