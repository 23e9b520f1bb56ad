import { type CutWidth, cutWidths } from '../activation/width.js';
import { Labels } from './labels.js';
import { leastRemaining, singleStageLatency, withSlack } from './latency-bound.js';
import type { LinkChoice, Problem } from './problem.js';
import { type Reserve, reserveOf } from './reserve.js';

/** What to minimise among schedules within a ceiling: 'both' is the latency, with the cost kept within its bound. */
export type Criterion = 'latency' | 'cost' | 'both';

/** A stage of a found schedule: its unit, its first layer and how what it works on was sent. */
export interface FoundStage {
  readonly unit: number;
  readonly begin: number;
  readonly arrival: CutWidth;
}

/**
 * Memory of searches over one problem. A state is a layer, a selection of devices and a unit: in `ready` the unit runs
 * the next stage and has what it works on, in `done` it is part of the selection and has just run the layer before.
 */
export interface SearchSpace {
  readonly ready: Labels;
  readonly done: Labels;
  readonly final: Labels;
  /** 1 where a unit's devices are still there, and not too many used with them, by selection and unit. */
  readonly hasRoom: Uint8Array;
  readonly reserve: Reserve;
  /** Seconds that the layers from each index on take at least. */
  readonly remaining: Float64Array;
}

export function searchSpace(problem: Problem): SearchSpace {
  const { classes, selections, units, mostDevices, layers } = problem;
  const hasRoom = new Uint8Array(selections.count * units.length);
  for (let selection = 0; selection < selections.count; selection++) {
    const used = classes.map(
      ({ devices }, c) => Math.floor(selection / (selections.strides[c] ?? 1)) % (devices.length + 1),
    );
    const total = used.reduce((sum, count) => sum + count, 0);
    units.forEach(({ counts, replicas }, unit) => {
      const isThere = counts.every((count, c) => count + (used[c] ?? 0) <= (classes[c]?.devices.length ?? 0));
      hasRoom[selection * units.length + unit] = isThere && total + replicas <= mostDevices ? 1 : 0;
    });
  }
  const states = layers * selections.count * units.length;
  return {
    ready: new Labels(states),
    done: new Labels(states),
    final: new Labels(1),
    hasRoom,
    reserve: reserveOf(problem),
    remaining: leastRemaining(problem),
  };
}

/** One search: states are visited layer by layer, so that each is complete before another is made from it. */
class Pass {
  readonly #problem: Problem;
  readonly #space: SearchSpace;
  readonly #ceiling: number;
  readonly #criterion: Criterion;
  /** Latency beyond which a schedule is not the best. */
  readonly #latencyLimit: number;
  /** Whether cuts that cost accuracy are left out. */
  readonly #isFree: boolean;
  readonly #unitCount: number;
  readonly #selectionCount: number;
  readonly #replicas: Int32Array;
  readonly #strides: Int32Array;

  constructor(
    problem: Problem,
    space: SearchSpace,
    ceiling: number,
    criterion: Criterion,
    { latencyLimit, isFree }: { readonly latencyLimit: number; readonly isFree: boolean },
  ) {
    this.#latencyLimit = latencyLimit;
    this.#isFree = isFree;
    this.#problem = problem;
    this.#space = space;
    this.#ceiling = ceiling;
    this.#criterion = criterion;
    this.#unitCount = problem.units.length;
    this.#selectionCount = problem.selections.count;
    this.#replicas = Int32Array.from(problem.units, ({ replicas }) => replicas);
    this.#strides = Int32Array.from(problem.units, ({ stride }) => stride);
  }

  #add(
    labels: Labels,
    state: number,
    origin: Labels,
    from: number,
    latency: number,
    cost: number,
    mark: number,
  ): void {
    const { bound } = this.#problem;
    switch (this.#criterion) {
      case 'latency':
        labels.relax(state, origin.first(from) + latency, 0, from, mark);
        return;
      case 'cost': {
        const sum = origin.first(from) + cost;
        if (sum <= bound) labels.relax(state, sum, 0, from, mark);
        return;
      }
      case 'both': {
        const sum = origin.second(from) + cost;
        if (sum <= bound) labels.relax(state, origin.first(from) + latency, sum, from, mark);
      }
    }
  }

  /** Sends the inputs to every unit. */
  start(): void {
    const { ready, hasRoom } = this.#space;
    this.#problem.arrivals.forEach((choice, unit) => {
      if (hasRoom[unit] === 1 && choice.period <= this.#ceiling) {
        this.#add(ready, unit, ready, 0, choice.latency, 0, 0);
      }
    });
  }

  /** Sends the results of the layer before `at` from the units that ran it to those that may run the next stage. */
  send(at: number, selection: number): void {
    const { done, hasRoom } = this.#space;
    const row = selection * this.#unitCount;
    const base = at * this.#selectionCount * this.#unitCount + row;
    for (let from = 0; from < this.#unitCount; from++) {
      const label = done.head(base + from);
      if (label === 0) continue;
      for (let to = 0; to < this.#unitCount; to++) {
        if (hasRoom[row + to] === 1) this.#sendTo(base + to, label, this.#problem.links(at, from, to));
      }
    }
  }

  #sendTo(state: number, head: number, choices: readonly LinkChoice[]): void {
    const { ready, done } = this.#space;
    for (const { width, period, latency, cost } of choices) {
      if (period > this.#ceiling || (this.#isFree && cost > 0)) continue;
      const mark = cutWidths.indexOf(width);
      for (let label = head; label !== 0; label = done.next(label)) {
        this.#add(ready, state, done, label, latency, cost, mark);
      }
    }
  }

  /** Runs stages that begin with layer `at` on a unit, of every length that fits. */
  compute(at: number, selection: number, unit: number): void {
    const { ready, done, final, reserve, remaining } = this.#space;
    const { layers, seconds, fits, departures } = this.#problem;
    const head = ready.head((at * this.#selectionCount + selection) * this.#unitCount + unit);
    const [times, fit, departure] = [seconds[unit], fits[unit], departures[unit]];
    if (head === 0 || !times || !fit || !departure) return;
    const replicas = this.#replicas[unit] ?? 1;
    const next = selection + (this.#strides[unit] ?? 0);
    const mark = unit * layers + at;
    const row = at * (layers + 1);
    const reach = this.#ceiling * (reserve.speed[next] ?? 0);
    for (let end = at + 1; end <= layers; end++) {
      const time = times[row + end] ?? 0;
      if (time / replicas > this.#ceiling) break;
      if (fit[row + end] !== 1 || (reserve.work[end] ?? 0) > reach) continue;
      const isLast = end === layers;
      if (isLast && departure.period > this.#ceiling) continue;
      const state = isLast ? 0 : (end * this.#selectionCount + next) * this.#unitCount + unit;
      const latency = isLast ? time + departure.latency : time;
      const most = this.#latencyLimit - time - (remaining[end] ?? 0);
      for (let label = head; label !== 0; label = ready.next(label)) {
        if (ready.first(label) > most) continue;
        this.#add(isLast ? final : done, state, ready, label, latency, 0, mark);
      }
    }
  }

  /** The least sum of a complete schedule; infinite where there is none. */
  least(): number {
    const { final } = this.#space;
    let least = Number.POSITIVE_INFINITY;
    for (let label = final.head(0); label !== 0; label = final.next(label)) {
      least = Math.min(least, final.first(label));
    }
    return least;
  }

  /** The stages of the best complete schedule. */
  found(): readonly FoundStage[] | undefined {
    const { ready, done, final } = this.#space;
    let last = final.head(0);
    for (let label = last; label !== 0; label = final.next(label)) {
      if (final.first(label) < final.first(last)) last = label;
    }
    if (last === 0) return undefined;
    const stages: FoundStage[] = [];
    let [labels, label] = [final, last];
    while (label !== 0) {
      const mark = labels.mark(label);
      const arrived = labels.origin(label);
      const { layers } = this.#problem;
      const width = cutWidths[ready.mark(arrived)] ?? 'f32';
      stages.unshift({ unit: Math.floor(mark / layers), begin: mark % layers, arrival: width });
      [labels, label] = [done, ready.origin(arrived)];
    }
    return stages;
  }
}

/**
 * The best schedule by a criterion among those in which no stage and no link takes more than `ceiling` seconds between
 * two micro-batches; undefined where there is none.
 */
export function search(
  problem: Problem,
  space: SearchSpace,
  ceiling: number,
  criterion: Criterion,
): readonly FoundStage[] | undefined {
  const latencyLimit =
    criterion === 'cost' ? Number.POSITIVE_INFINITY : latencyLimitOf(problem, space, ceiling, criterion);
  return searchAll(problem, space, ceiling, criterion, { latencyLimit, isFree: false }).found();
}

/** A latency that the best schedule does not exceed: that of one stage or, where costs count too, of free cuts. */
function latencyLimitOf(
  problem: Problem,
  space: SearchSpace,
  ceiling: number,
  criterion: 'latency' | 'both',
): number {
  const single = withSlack(singleStageLatency(problem, space.hasRoom, ceiling));
  if (criterion === 'latency') return single;
  const free = searchAll(problem, space, ceiling, 'latency', { latencyLimit: single, isFree: true });
  return Math.min(single, withSlack(free.least()));
}

function searchAll(
  problem: Problem,
  space: SearchSpace,
  ceiling: number,
  criterion: Criterion,
  limits: { readonly latencyLimit: number; readonly isFree: boolean },
): Pass {
  const { layers, selections, units } = problem;
  for (const labels of [space.ready, space.done, space.final]) labels.clear();
  const pass = new Pass(problem, space, ceiling, criterion, limits);
  pass.start();
  for (let at = 0; at < layers; at++) {
    for (let selection = 0; selection < selections.count; selection++) {
      if (at > 0) pass.send(at, selection);
      for (let unit = 0; unit < units.length; unit++) pass.compute(at, selection, unit);
    }
  }
  return pass;
}
