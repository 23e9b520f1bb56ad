import type { DeviceClass } from './classes.js';

/** Devices that may run one stage: so many of each class, all of one type. */
export interface Unit {
  readonly type: string;
  /** Devices by class. */
  readonly counts: readonly number[];
  readonly replicas: number;
  /** What it adds to the number of a selection. */
  readonly stride: number;
}

/**
 * Numbers of selections of devices: a mixed-radix number with a digit from 0 to the number of its devices for each
 * class.
 */
export interface Selections {
  readonly count: number;
  readonly strides: readonly number[];
}

export function selectionsOf(classes: readonly DeviceClass[]): Selections {
  const strides: number[] = [];
  let count = 1;
  for (const { devices } of classes) {
    strides.push(count);
    count *= devices.length + 1;
  }
  return { count, strides };
}

/** Ways to choose from 1 to `most` devices of one type, or 'too many' beyond `limit`. */
export function unitsOf(
  classes: readonly DeviceClass[],
  { strides }: Selections,
  most: number,
  limit: number,
): readonly Unit[] | 'too many' {
  const units: Unit[] = [];
  for (const type of new Set(classes.map((own) => own.type))) {
    let choices: readonly (readonly number[])[] = [[]];
    for (const own of classes) {
      const room = own.type === type ? Math.min(own.devices.length, most) : 0;
      const counts = Array.from({ length: room + 1 }, (_, count) => count);
      choices = choices
        .flatMap((chosen) => counts.map((count) => [...chosen, count]))
        .filter((chosen) => chosen.reduce((sum, count) => sum + count, 0) <= most);
      if (choices.length + units.length > limit) return 'too many';
    }
    for (const counts of choices) {
      const replicas = counts.reduce((sum, count) => sum + count, 0);
      const stride = counts.reduce((sum, count, c) => sum + count * (strides[c] ?? 0), 0);
      if (replicas > 0) units.push({ type, counts, replicas, stride });
    }
  }
  return units;
}
