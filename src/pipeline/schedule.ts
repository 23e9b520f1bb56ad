import type { CutWidth } from './activation/width.js';

/** Layers that run on one device, or on several in turns. */
export interface Stage {
  /** Names of its devices: items go to them in turns. */
  readonly devices: readonly string[];
  readonly type: string;
  /** Its first layer, counted from 0. */
  readonly begin: number;
  /** The layer after its last one. */
  readonly end: number;
  /** Seconds that one of its devices takes for a micro-batch. */
  readonly seconds: number;
  /** Bytes that it needs on each of its devices. */
  readonly memory: number;
}

/** What travels between two stages, from the source or to the sink. */
export interface Transfer {
  readonly width: CutWidth;
  /** Bytes of a micro-batch. */
  readonly bytes: number;
  /** Seconds that a message keeps the link busy. */
  readonly seconds: number;
  /** Seconds that it is under way after that. */
  readonly delay: number;
}

/** Where the layers of a model run, with what that costs. */
export interface Schedule {
  readonly model: string;
  /** Items of a micro-batch. */
  readonly batch: number;
  readonly stages: readonly Stage[];
  /** One more than stages: transfer `i` leads to stage `i`, the last one to the sink. */
  readonly transfers: readonly Transfer[];
}

/** A part of a pipeline: stage or transfer `index`. */
export interface Part {
  readonly kind: 'stage' | 'transfer';
  readonly index: number;
}

/** Part of a pipeline with the seconds between two micro-batches that it can keep up with. */
export interface LoadedPart extends Part {
  readonly period: number;
}

/** Seconds between two micro-batches of a stage: each of its devices takes every `devices.length`th. */
export const stagePeriod = ({ seconds, devices }: Stage): number => seconds / devices.length;

/** Messages that a transfer carries at once: as many as the side with fewer devices has. */
export function lanes({ stages }: Schedule, index: number): number {
  const count = (stage: Stage | undefined): number => stage?.devices.length ?? 1;
  return Math.min(count(stages[index - 1]), count(stages[index]));
}

/** The parts of a pipeline in the order in which an item meets them. */
export function partsOf(schedule: Schedule): readonly LoadedPart[] {
  return schedule.transfers.flatMap(({ seconds }, index): readonly LoadedPart[] => {
    const transfer: LoadedPart = { kind: 'transfer', index, period: seconds / lanes(schedule, index) };
    const stage = schedule.stages[index];
    return stage ? [transfer, { kind: 'stage', index, period: stagePeriod(stage) }] : [transfer];
  });
}

/** The part that the others wait for; the first of several. */
export function bottleneckOf(schedule: Schedule): LoadedPart {
  return partsOf(schedule).reduce((slowest, part) => (part.period > slowest.period ? part : slowest));
}

/** Seconds between two micro-batches once the pipeline is full: those of its slowest part. */
export const periodOf = (schedule: Schedule): number => bottleneckOf(schedule).period;

/** Seconds that a single micro-batch takes through the empty pipeline. */
export function latencyOf({ stages, transfers }: Schedule): number {
  let sum = 0;
  transfers.forEach(({ seconds, delay }, i) => {
    sum += seconds + delay + (stages[i]?.seconds ?? 0);
  });
  return sum;
}
