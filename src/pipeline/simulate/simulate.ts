import { rejectOption } from '../check.js';
import { lanes, type Part, partsOf, periodOf, type Schedule } from '../schedule.js';
import { Agenda } from './agenda.js';
import { jitter as jitterOf } from './jitter.js';
import { Line, type Span } from './line.js';
import { checkSimulateOptions, type SimulateOptions } from './options.js';
import { cycleOf, inOrder, type LatencySummary, latencySummary, steadyPeriod } from './summary.js';

/** How busy a part was. */
export interface PartUse extends Part {
  /** Share of the time, over all that may work there at once. */
  readonly utilisation: number;
}

/** What happened to a schedule. */
export interface Simulation {
  /** The schedule at the end. */
  readonly schedule: Schedule;
  /** Micro-batches that were sent through. */
  readonly items: number;
  /** Results, each counted once. */
  readonly delivered: number;
  /** Numbers of the micro-batches without a result, counted from 0: the pipeline stood still. */
  readonly lost: readonly number[];
  /** Numbers of those that had to start again because of a loss. */
  readonly redone: readonly number[];
  /** Seconds until the last result. */
  readonly seconds: number;
  /** Seconds between two results in the second half of them, while inputs still follow. */
  readonly period: number;
  /** Items a second in the second half. */
  readonly throughput: number;
  /** Seconds from the source to the result in its turn. */
  readonly latency: LatencySummary;
  /** Of the parts of the schedule at the end. */
  readonly parts: readonly PartUse[];
  /** What each part did when, if asked for. */
  readonly trace: readonly Span[];
}

/** The course of a simulation. */
class Course {
  readonly agenda = new Agenda();
  readonly redone = new Set<number>();
  readonly trace: Span[] = [];
  /** Seconds at which each micro-batch left the source first, and at which its result was there. */
  readonly left: number[] = [];
  readonly there: number[] = [];
  readonly #options: SimulateOptions;
  readonly #items: number;
  readonly #factor: () => number;
  readonly #lost = new Set<string>();
  /** To be sent again, before anything new. */
  #again: number[] = [];
  #sent = 0;
  readonly #busy = new Map<string, number>();
  #began = 0;
  schedule: Schedule;
  #line: Line | undefined;

  constructor(schedule: Schedule, options: SimulateOptions) {
    this.schedule = schedule;
    this.#options = options;
    this.#items = options.items ?? 200;
    this.#factor = jitterOf(options.jitter ?? 0, options.seed ?? 1);
    this.#start(schedule);
    for (const { device, at } of options.losses ?? []) this.agenda.after(at, () => this.#lose(device));
  }

  #start(schedule: Schedule): void {
    this.schedule = schedule;
    this.#busy.clear();
    this.#began = this.agenda.now;
    const line = new Line(schedule, {
      agenda: this.agenda,
      credits: creditsOf(schedule, this.#options.credits),
      factor: this.#factor,
      next: () => this.#next(),
      arrived: (item) => {
        this.there[item] ??= this.agenda.now;
      },
      worked: (span) => {
        const key = `${span.kind} ${span.index}`;
        this.#busy.set(key, (this.#busy.get(key) ?? 0) + span.end - span.begin);
        if (this.#options.trace) this.trace.push(span);
      },
    });
    this.#line = line;
    line.feed();
    // Some may have been lost since the schedule was made.
    for (const device of this.#lost) this.#lose(device);
  }

  #next(): number | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const item = this.#sent;
    if (item >= this.#items) return undefined;
    const due = item * (this.#options.interval ?? 0);
    if (due > this.agenda.now) {
      this.agenda.after(due - this.agenda.now, () => this.#line?.feed());
      return undefined;
    }
    this.#sent++;
    this.left[item] = Math.max(due, this.agenda.now);
    return item;
  }

  #lose(device: string): void {
    this.#lost.add(device);
    if (this.#line?.lose(device)) {
      this.agenda.after(this.#options.detectSeconds ?? 1, () => this.#recover(device));
    }
  }

  #recover(device: string): void {
    const line = this.#line;
    if (line === undefined) return;
    const held = line.replace(device);
    if (held === undefined) {
      line.stop();
      this.#line = undefined;
      this.#replan();
    } else {
      this.#redo(held);
      line.feed();
    }
  }

  #replan(): void {
    const lost = [...this.#lost];
    const schedule = this.#options.replan?.(lost);
    if (schedule === undefined) return;
    const dead = schedule.stages.flatMap(({ devices }) => devices).find((device) => lost.includes(device));
    if (dead !== undefined) rejectOption('replan', `gave a schedule with '${dead}', which is lost`);
    this.#again = [];
    this.#redo(this.missing());
    this.agenda.after(this.#options.restartSeconds ?? 0, () => this.#start(schedule));
  }

  /** Micro-batches that left the source and have no result. */
  missing(): readonly number[] {
    return Array.from({ length: this.#sent }, (_, item) => item).filter(
      (item) => this.there[item] === undefined,
    );
  }

  #redo(items: readonly number[]): void {
    for (const item of items) this.redone.add(item);
    this.#again = [...this.#again, ...items].sort((a, b) => a - b);
  }

  /** Share of its time that a part was at work since the schedule began. */
  utilisation({ kind, index }: Part, capacity: number): number {
    const seconds = (this.#busy.get(`${kind} ${index}`) ?? 0) / capacity;
    const total = this.agenda.now - this.#began;
    return total > 0 ? seconds / total : 0;
  }
}

const usualCredits = 2;

/** Credits of every stage: enough for a link that carries several messages at once. */
function creditsOf(schedule: Schedule, given: number | undefined): readonly number[] {
  const period = periodOf(schedule);
  return schedule.stages.map((_, stage) => {
    const delay = schedule.transfers[stage]?.delay ?? 0;
    return given ?? usualCredits + (period > 0 ? Math.ceil(delay / period) : 0);
  });
}

/**
 * Runs a schedule event by event: stages with bounded queues, links that carry one message at a time and, if asked
 * for, jitter and lost devices. What a lost device held starts again at the source: every micro-batch has one result
 * or is reported as lost. Without jitter the seconds between two results are the schedule's period.
 *
 * @throws SpikeletError `invalid-option`.
 * @example
 * import { partition, simulate } from 'spikelet/pipeline';
 *
 * const layer = { name: 'layer', seconds: { board: 0.2 }, weightBytes: 4e6, peakBytes: 0, outputs: [150_000] };
 * const profile = { model: 'four layers', batch: 1, inputs: [150_528], layers: [layer, layer, layer, layer] };
 * const devices = ['a', 'b', 'c'].map((name) => ({ name, type: 'board', memory: 64e6 }));
 * const { schedule } = partition(profile, devices);
 * const { delivered, redone } = simulate(schedule, {
 *   losses: [{ device: 'b', at: 5 }],
 *   replan: (lost) => partition(profile, devices.filter(({ name }) => !lost.includes(name))).schedule,
 * });
 * console.log(delivered, redone);
 */
export function simulate(schedule: Schedule, options: SimulateOptions = {}): Simulation {
  checkSimulateOptions(
    options,
    schedule.stages.flatMap(({ devices }) => devices),
  );
  const course = new Course(schedule, options);
  while (course.agenda.step());
  const items = options.items ?? 200;
  const there = inOrder(course.there);
  const final = course.schedule;
  const arrivals = course.there.filter((time) => time !== undefined).sort((a, b) => a - b);
  const period = steadyPeriod(arrivals, cycleOf(final), course.left.at(-1) ?? 0);
  return {
    schedule: final,
    items,
    delivered: arrivals.length,
    lost: Array.from({ length: items }, (_, item) => item).filter((item) => course.there[item] === undefined),
    redone: [...course.redone].sort((a, b) => a - b),
    seconds: Math.max(0, ...there.slice(-1)),
    period,
    throughput: final.batch / period,
    latency: latencySummary(there.map((time, item) => time - (course.left[item] ?? 0))),
    parts: partsOf(final).map(({ kind, index }) => {
      const capacity = kind === 'stage' ? (final.stages[index]?.devices.length ?? 1) : lanes(final, index);
      return { kind, index, utilisation: course.utilisation({ kind, index }, capacity) };
    }),
    trace: course.trace,
  };
}
