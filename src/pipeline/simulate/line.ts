import type { Part, Schedule, Transfer } from '../schedule.js';
import type { Agenda } from './agenda.js';

/** Time that a part spent on a micro-batch. */
export interface Span extends Part {
  /** The device that computes, or sends; 'source' for the inputs. */
  readonly device: string;
  readonly item: number;
  readonly begin: number;
  readonly end: number;
}

/** A device at work on its stage. */
interface Place {
  readonly device: string;
  readonly stage: number;
  /** Micro-batches that have arrived and wait. */
  readonly waiting: number[];
  /** Slots taken: by what waits and by what is under way. */
  taken: number;
  computing: number | undefined;
  /** Done, with nowhere to go yet because `outgoing` is still there. */
  finished: number | undefined;
  /** What is sent, or is to be sent, next. */
  outgoing: number | undefined;
  /** Where it is being sent. */
  sendingTo: Place | undefined;
  isReceiving: boolean;
  isAlive: boolean;
}

/** What a line of stages needs from outside. */
export interface LineHost {
  readonly agenda: Agenda;
  /** Micro-batches that a stage takes in before it has begun them, by stage. */
  readonly credits: readonly number[];
  /** Factor on the seconds of the next step. */
  factor(): number;
  /** The next micro-batch for the pipeline, if there is one by now. */
  next(): number | undefined;
  arrived(item: number): void;
  worked(span: Span): void;
}

const placeOf = (device: string, stage: number): Place => ({
  device,
  stage,
  waiting: [],
  taken: 0,
  computing: undefined,
  finished: undefined,
  outgoing: undefined,
  sendingTo: undefined,
  isReceiving: false,
  isAlive: true,
});

/**
 * The stages of a schedule at work. A device computes one micro-batch, receives another and sends a third at the same
 * time; it sends one at a time and receives one at a time. Micro-batch `n` goes to device `n` modulo the number of its
 * stage's devices.
 */
export class Line {
  readonly #schedule: Schedule;
  readonly #host: LineHost;
  readonly #source = placeOf('source', -1);
  readonly #sink: Place;
  /** Devices by stage, without those that are known to be lost. */
  readonly #places: Place[][];
  readonly #onTheWay = new Map<number, Place>();
  #isStopped = false;

  constructor(schedule: Schedule, host: LineHost) {
    this.#schedule = schedule;
    this.#host = host;
    this.#places = schedule.stages.map(({ devices }, stage) =>
      devices.map((device) => placeOf(device, stage)),
    );
    this.#sink = placeOf('sink', schedule.stages.length);
  }

  /** Takes in what is there: to be called whenever there is something new. */
  feed(): void {
    if (this.#source.outgoing === undefined) this.#source.outgoing = this.#host.next();
    this.#trySend(this.#source);
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** A device stops at once; nobody knows yet. */
  lose(device: string): boolean {
    const place = this.#places.flat().find((own) => own.device === device && own.isAlive);
    if (place) place.isAlive = false;
    return place !== undefined;
  }

  /**
   * Others take over for a lost device. Returns the micro-batches that it held, or undefined where its stage has no
   * other device.
   */
  replace(device: string): readonly number[] | undefined {
    for (const places of this.#places) {
      const at = places.findIndex((own) => own.device === device);
      const [lost] = at < 0 ? [] : places.splice(at, 1);
      if (lost === undefined) continue;
      const held = this.#held(lost);
      for (const [item, place] of this.#onTheWay) if (place === lost) this.#onTheWay.delete(item);
      if (places.length === 0) return undefined;
      this.#retarget(lost);
      return held;
    }
    return [];
  }

  /** Lets go of everything between a lost device and its neighbours. */
  #retarget(lost: Place): void {
    const receiver = lost.sendingTo;
    if (receiver) {
      receiver.isReceiving = false;
      receiver.taken--;
    }
    for (const sender of this.#senders(lost.stage)) {
      if (sender.sendingTo === lost) sender.sendingTo = undefined;
      this.#trySend(sender);
    }
    for (const other of this.#places[lost.stage] ?? []) this.#trySend(other);
  }

  #held(place: Place): readonly number[] {
    const { waiting, computing, finished, outgoing } = place;
    const coming = [...this.#onTheWay].flatMap(([item, to]) => (to === place ? [item] : []));
    return [...waiting, ...coming, ...[computing, finished, outgoing].filter((item) => item !== undefined)];
  }

  #senders(stage: number): readonly Place[] {
    return stage === 0 ? [this.#source] : (this.#places[stage - 1] ?? []);
  }

  #target({ stage }: Place, item: number): Place | undefined {
    if (stage + 1 === this.#schedule.stages.length) return this.#sink;
    const places = this.#places[stage + 1] ?? [];
    return places[item % places.length];
  }

  #trySend(from: Place): void {
    const { outgoing: item, sendingTo, isAlive } = from;
    if (item === undefined || sendingTo !== undefined || !isAlive || this.#isStopped) return;
    const to = this.#target(from, item);
    const transfer = this.#schedule.transfers[from.stage + 1];
    if (to === undefined || transfer === undefined || to.isReceiving || !to.isAlive) return;
    if (to !== this.#sink && to.taken >= (this.#host.credits[to.stage] ?? 1)) return;
    from.sendingTo = to;
    to.isReceiving = true;
    to.taken++;
    const { agenda } = this.#host;
    const begin = agenda.now;
    agenda.after(transfer.seconds * this.#host.factor(), () => {
      if (from.sendingTo !== to || !from.isAlive || !to.isAlive || this.#isStopped) return;
      this.#host.worked({
        kind: 'transfer',
        index: from.stage + 1,
        device: from.device,
        item,
        begin,
        end: agenda.now,
      });
      this.#sent(from, to, item, transfer);
    });
  }

  #sent(from: Place, to: Place, item: number, { delay }: Transfer): void {
    from.sendingTo = undefined;
    from.outgoing = from.finished;
    from.finished = undefined;
    to.isReceiving = false;
    if (delay > 0) {
      this.#onTheWay.set(item, to);
      this.#host.agenda.after(delay, () => {
        if (this.#isStopped || !to.isAlive || this.#onTheWay.get(item) !== to) return;
        this.#onTheWay.delete(item);
        this.#arrive(to, item);
      });
    } else {
      this.#arrive(to, item);
    }
    if (from === this.#source) this.feed();
    else this.#tryCompute(from);
    this.#trySend(from);
    this.#wakeSenders(to);
  }

  #arrive(to: Place, item: number): void {
    if (to === this.#sink) {
      to.taken--;
      this.#host.arrived(item);
      return;
    }
    to.waiting.push(item);
    this.#tryCompute(to);
  }

  /** Those who wait for a device to take something: the earliest micro-batch goes first. */
  #wakeSenders(to: Place): void {
    const senders = this.#senders(to.stage).filter(
      (sender) => sender.outgoing !== undefined && this.#target(sender, sender.outgoing) === to,
    );
    for (const sender of [...senders].sort((a, b) => (a.outgoing ?? 0) - (b.outgoing ?? 0)))
      this.#trySend(sender);
  }

  #tryCompute(place: Place): void {
    const isBusy = place.computing !== undefined || place.finished !== undefined;
    if (isBusy || !place.isAlive || this.#isStopped) return;
    const item = place.waiting.shift();
    const stage = this.#schedule.stages[place.stage];
    if (item === undefined || stage === undefined) return;
    place.taken--;
    place.computing = item;
    const { agenda } = this.#host;
    const begin = agenda.now;
    agenda.after(stage.seconds * this.#host.factor(), () => {
      if (!place.isAlive || this.#isStopped) return;
      const { device, stage: index } = place;
      this.#host.worked({ kind: 'stage', index, device, item, begin, end: agenda.now });
      place.computing = undefined;
      if (place.outgoing === undefined) place.outgoing = item;
      else place.finished = item;
      this.#trySend(place);
      this.#tryCompute(place);
    });
    this.#wakeSenders(place);
  }
}
