interface Entry {
  readonly time: number;
  readonly order: number;
  readonly act: () => void;
}

const isBefore = (a: Entry, b: Entry): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

/** What is going to happen, by time; what is due at the same time happens in the order in which it was planned. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #planned = 0;
  #now = 0;

  /** Seconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Plans something `delay` seconds from now. */
  after(delay: number, act: () => void): void {
    const entry = { time: this.#now + delay, order: this.#planned++, act };
    let i = this.#heap.length;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.#heap[i] = above;
      i = parent;
    }
    this.#heap[i] = entry;
  }

  /** Lets the next thing happen; false when there is none. */
  step(): boolean {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (this.#heap.length > 0) this.#sink(last);
    this.#now = first.time;
    first.act();
    return true;
  }

  #sink(entry: Entry): void {
    const size = this.#heap.length;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const [left, right] = [this.#heap[child], this.#heap[child + 1]];
      if (left === undefined || child >= size) break;
      let least = left;
      if (right !== undefined && isBefore(right, left)) {
        least = right;
        child++;
      }
      if (!isBefore(least, entry)) break;
      this.#heap[i] = least;
      i = child;
    }
    this.#heap[i] = entry;
  }
}
