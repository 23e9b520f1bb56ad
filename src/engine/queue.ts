/** Lets asynchronous work happen one at a time, in the order in which it was asked for. */
export class Queue {
  #waiting: (() => void)[] = [];
  #busy = false;

  get isIdle(): boolean {
    return !this.#busy;
  }

  /** Starts the work at once when nothing else is under way. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy = true;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy = false;
    }
  }
}
