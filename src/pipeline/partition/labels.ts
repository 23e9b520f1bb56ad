/** What a search adds up along a schedule: one sum to minimise, or two whose trade-off matters. */
export interface Sums {
  readonly first: number;
  readonly second: number;
}

/**
 * Partial schedules by state: of those that end in the same state only such that no other one beats in both sums. A
 * label stays valid once it was the origin of another, so a state must not change after it was read.
 */
export class Labels {
  readonly #heads: Int32Array;
  #first = new Float64Array(1024);
  #second = new Float64Array(1024);
  #next = new Int32Array(1024);
  #origin = new Int32Array(1024);
  #mark = new Int32Array(1024);
  #count = 1;

  constructor(states: number) {
    this.#heads = new Int32Array(states);
  }

  clear(): void {
    this.#heads.fill(0);
    this.#count = 1;
  }

  /** The first label of a state; 0 for none. */
  head(state: number): number {
    return this.#heads[state] ?? 0;
  }

  /** The next label of the same state; 0 for none. */
  next(label: number): number {
    return this.#next[label] ?? 0;
  }

  first(label: number): number {
    return this.#first[label] ?? 0;
  }

  second(label: number): number {
    return this.#second[label] ?? 0;
  }

  /** The label that this one was made from. */
  origin(label: number): number {
    return this.#origin[label] ?? 0;
  }

  /** What was said about the step from the origin. */
  mark(label: number): number {
    return this.#mark[label] ?? 0;
  }

  /** Adds a label to a state unless one of it is as good in both sums, and drops those that it beats. */
  relax(state: number, first: number, second: number, origin: number, mark: number): void {
    let label = this.#heads[state] ?? 0;
    if (label === 0) {
      this.#heads[state] = this.#add(first, second, origin, mark, 0);
      return;
    }
    for (let other = label; other !== 0; other = this.next(other)) {
      if (this.first(other) <= first && this.second(other) <= second) return;
    }
    let kept = 0;
    while (label !== 0) {
      const next = this.next(label);
      if (this.first(label) < first || this.second(label) < second) {
        this.#next[label] = kept;
        kept = label;
      }
      label = next;
    }
    this.#heads[state] = this.#add(first, second, origin, mark, kept);
  }

  #add(first: number, second: number, origin: number, mark: number, next: number): number {
    if (this.#count === this.#first.length) this.#grow();
    const label = this.#count++;
    this.#first[label] = first;
    this.#second[label] = second;
    this.#origin[label] = origin;
    this.#mark[label] = mark;
    this.#next[label] = next;
    return label;
  }

  #grow(): void {
    const larger = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const size = 2 * this.#count;
    this.#first = larger(this.#first, new Float64Array(size));
    this.#second = larger(this.#second, new Float64Array(size));
    this.#next = larger(this.#next, new Int32Array(size));
    this.#origin = larger(this.#origin, new Int32Array(size));
    this.#mark = larger(this.#mark, new Int32Array(size));
  }
}
