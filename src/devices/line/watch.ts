/** What has to be done about an item that has no result. */
export interface Due {
  /** Items whose time is over. */
  readonly expired: readonly number[];
  /** Items that are taken for lost on their way, and sent again. */
  readonly overdue: readonly number[];
}

interface Entry {
  readonly acceptedAt: number;
  /** By the plan in force. */
  firstSentAt: number | undefined;
  sentAt: number | undefined;
  attempt: number;
}

/** Times of the items without a result. All times are the caller's, in milliseconds. */
export class Watch {
  readonly #entries = new Map<number, Entry>();
  readonly #deadline: number;
  readonly #patience: number;
  #resultAt = Number.NEGATIVE_INFINITY;
  /** When the last of the items with a result was first sent: an attempt after it may not be the one that was answered. */
  #answeredUntil = Number.NEGATIVE_INFINITY;

  /**
   * Items expire `deadline` after they were accepted. They are overdue `patience` after they were sent, if there has been
   * no result for as long or one of an item that was sent later: where neither is so, they stand in a queue.
   */
  constructor(deadline: number, patience: number) {
    this.#deadline = deadline;
    this.#patience = patience;
  }

  accept(item: number, now: number): void {
    this.#entries.set(item, { acceptedAt: now, firstSentAt: undefined, sentAt: undefined, attempt: 0 });
  }

  /** The attempt that this is, counted from 1; undefined for an item that has its result. */
  send(item: number, now: number): number | undefined {
    const entry = this.#entries.get(item);
    if (!entry) return undefined;
    entry.firstSentAt ??= now;
    entry.sentAt = now;
    return ++entry.attempt;
  }

  /** How often an item was sent. */
  attempts(item: number): number {
    return this.#entries.get(item)?.attempt ?? 0;
  }

  /** Notes a result. */
  settle(item: number, now: number): void {
    const sentAt = this.#entries.get(item)?.firstSentAt;
    this.drop(item);
    if (sentAt === undefined) return;
    this.#resultAt = now;
    this.#answeredUntil = Math.max(this.#answeredUntil, sentAt);
  }

  /** Forgets an item that has failed. */
  drop(item: number): void {
    this.#entries.delete(item);
  }

  /** Items on their way. */
  get underWay(): number {
    let count = 0;
    for (const { sentAt } of this.#entries.values()) if (sentAt !== undefined) count++;
    return count;
  }

  /** Whatever is on its way is lost: nothing of it is overdue, all of it will be sent again. */
  recall(): void {
    for (const entry of this.#entries.values()) {
      entry.firstSentAt = undefined;
      entry.sentAt = undefined;
    }
  }

  due(now: number): Due {
    const items = [...this.#entries];
    const isExpired = ({ acceptedAt }: Entry): boolean => now - acceptedAt >= this.#deadline;
    return {
      expired: items.flatMap(([item, entry]) => (isExpired(entry) ? [item] : [])),
      overdue: items.flatMap(([item, entry]) => {
        const isLate = entry.sentAt !== undefined && this.#isLost(entry.sentAt, now);
        return isLate && !isExpired(entry) ? [item] : [];
      }),
    };
  }

  #isLost(sentAt: number, now: number): boolean {
    const isOvertaken = sentAt < this.#answeredUntil;
    const since = isOvertaken ? sentAt : Math.max(sentAt, this.#resultAt);
    return now - since >= this.#patience;
  }
}
