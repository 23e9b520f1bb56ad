import { fromWire, toWire } from '../../engine/worker/protocol.js';
import { eventLoopTurn } from '../../host.js';
import { packValues, unpackValues } from '../../pipeline/run/parcel.js';
import { type Link, sleep } from '../link.js';
import { type Delivery, Inbox } from '../wire/inbox.js';
import { type Assignment, type Work, writeJson } from '../wire/messages.js';
import { split } from '../wire/parts.js';
import { consumerName, type MessageName, messageId, runSubjects } from '../wire/subjects.js';
import { type Contents, readContents, writeContents } from '../wire/values.js';
import type { StageModel } from './open-stage.js';

const retryMs = 500;

/** Takes items from the queue of a stage, computes them, and puts the results into the queue of the next. */
export class StageRunner {
  readonly #link: Link;
  readonly #assignment: Assignment;
  readonly #model: StageModel;
  readonly #subjects: ReturnType<typeof runSubjects>;
  readonly #sending = new Set<Promise<void>>();
  readonly #total = { items: 0, busyMs: 0, starvedMs: 0, blockedMs: 0 };
  #inbox: Inbox | undefined;
  #isOver = false;

  constructor(link: Link, space: string, assignment: Assignment, model: StageModel) {
    this.#link = link;
    this.#assignment = assignment;
    this.#model = model;
    this.#subjects = runSubjects(space, assignment.run);
  }

  start(): void {
    void this.#stayOpen();
  }

  /** Reads the queue for as long as the stage lasts; a queue that is away for a while is looked for again. */
  async #stayOpen(): Promise<void> {
    while (!this.#isOver) {
      try {
        this.#inbox = await this.#openInbox();
        await this.#flow(this.#inbox);
      } catch {
        // The server is away, or has lost the queue: then there will be a new plan.
      }
      if (!this.#isOver) await sleep(retryMs);
    }
    this.#inbox?.close();
  }

  #openInbox(): Promise<Inbox> {
    const { epoch, stage, lane, inputBytes, window, credits } = this.#assignment;
    return Inbox.open(this.#link, {
      stream: this.#subjects.stream,
      consumer: consumerName(epoch, stage, lane),
      prefetch: Math.ceil(inputBytes / this.#link.mostBytes) * credits + 1,
      mostBytes: inputBytes,
      mostParcels: window,
      onDamage: (name) => this.#report(name),
    });
  }

  get work(): Work {
    const { run, epoch, stage, file } = this.#assignment;
    return { run, epoch, stage, fileBytes: file.bytes, ...this.#total, queue: this.#inbox?.length ?? 0 };
  }

  #report(name: MessageName | undefined): void {
    const { epoch } = this.#assignment;
    if (!name) return;
    this.#link.say(this.#subjects.fault, writeJson({ epoch, item: name.item, attempt: name.attempt }));
  }

  /** Computes one item at a time; the next one arrives and the one before leaves meanwhile. */
  async #flow(inbox: Inbox): Promise<void> {
    const deliveries = inbox.deliveries();
    let upcoming = deliveries.next();
    let idleSince = performance.now();
    for (;;) {
      const { value: delivery } = await upcoming;
      if (!delivery || this.#isOver) break;
      upcoming = deliveries.next();
      // If the queue fails it does so when its turn comes.
      upcoming.catch(() => undefined);
      const begun = performance.now();
      this.#total.starvedMs += begun - idleSince;
      const result = await this.#compute(delivery);
      const done = performance.now();
      this.#total.busyMs += done - begun;
      while (this.#sending.size >= this.#assignment.credits) await Promise.race(this.#sending);
      idleSince = performance.now();
      this.#total.blockedMs += idleSince - done;
      // An item that cannot be sent is missed by the coordinator, which sends it again.
      const sent = this.#send(delivery, result)
        .catch(() => undefined)
        .finally(() => this.#sending.delete(sent));
      this.#sending.add(sent);
    }
    // Otherwise what was taken in advance would keep the queue open.
    void deliveries.return(undefined);
  }

  /** What became of an item. */
  async #compute({ bytes }: Delivery): Promise<Contents> {
    const { inputWidth, outputWidth } = this.#assignment;
    try {
      const { values, error } = readContents(bytes, inputWidth);
      if (error) throw fromWire(error);
      const outputs = await this.#model.run(unpackValues(values, inputWidth));
      this.#total.items++;
      return { values: packValues(outputs, outputWidth) };
    } catch (error) {
      return { values: {}, error: toWire(error) };
    }
  }

  /** The input is acknowledged once the server has the result: until then it keeps it for somebody else. */
  async #send({ item, attempt, ack }: Delivery, result: Contents): Promise<void> {
    const { epoch, stage, nextLanes } = this.#assignment;
    // The next item begins first.
    await eventLoopTurn();
    const subject = this.#subjects.queue(epoch, stage + 1, item % nextLanes);
    const parts = split(item, attempt, writeContents(result), this.#link.mostBytes);
    const stored = await Promise.all(
      parts.map((message, part) => {
        const id = messageId({ epoch, stage: stage + 1, item, attempt, part });
        return this.#link.store(subject, message, id, () => this.#isOver);
      }),
    );
    if (stored.every(Boolean)) ack();
  }

  stop(): void {
    this.#isOver = true;
    this.#inbox?.close();
  }
}
