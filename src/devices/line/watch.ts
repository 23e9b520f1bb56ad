/** What has to be done about an item that has no result. */
export interface Due {
  /** Items whose time is over. */
  readonly expired: readonly number[];
  /** Items that have been sent and not heard of for so long that they are sent again. */
  readonly overdue: readonly number[];
}

interface Entry {
  readonly acceptedAt: number;
  sentAt: number | undefined;
  attempt: number;
}

/** Times of the items without a result. All times are the caller's, in milliseconds. */
export class Watch {
  readonly #entries = new Map<number, Entry>();
  readonly #deadline: number;
  readonly #patience: number;

  /** Items expire `deadline` after they were accepted, and are overdue `patience` after they were sent. */
  constructor(deadline: number, patience: number) {
    this.#deadline = deadline;
    this.#patience = patience;
  }

  accept(item: number, now: number): void {
    this.#entries.set(item, { acceptedAt: now, sentAt: undefined, attempt: 0 });
  }

  /** The attempt that this is, counted from 1; undefined for an item that has its result. */
  send(item: number, now: number): number | undefined {
    const entry = this.#entries.get(item);
    if (!entry) return undefined;
    entry.sentAt = now;
    return ++entry.attempt;
  }

  /** How often an item was sent. */
  attempts(item: number): number {
    return this.#entries.get(item)?.attempt ?? 0;
  }

  settle(item: number): void {
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
    for (const entry of this.#entries.values()) entry.sentAt = undefined;
  }

  due(now: number): Due {
    const items = [...this.#entries];
    const isExpired = ({ acceptedAt }: Entry): boolean => now - acceptedAt >= this.#deadline;
    return {
      expired: items.flatMap(([item, entry]) => (isExpired(entry) ? [item] : [])),
      overdue: items.flatMap(([item, entry]) => {
        const isLate = entry.sentAt !== undefined && now - entry.sentAt >= this.#patience;
        return isLate && !isExpired(entry) ? [item] : [];
      }),
    };
  }
}
