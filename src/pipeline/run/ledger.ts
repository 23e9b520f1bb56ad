import { closedError } from '../../engine/closed.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Outputs } from './options.js';

interface Entry {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The items that were accepted and have no result yet, with their inputs, so that they can be sent again. Each is
 * settled once.
 */
export class Ledger {
  readonly #entries = new Map<number, Entry>();
  readonly #onPending: (isPending: boolean) => void;
  #accepted = 0;
  #error: unknown;
  #wake: (() => void)[] = [];

  /** `onPending` is told when there begin to be items without a result, and when there are none. */
  constructor(onPending: (isPending: boolean) => void) {
    this.#onPending = onPending;
  }

  /** The first item without a result: all before it have one. */
  get first(): number {
    const [first = this.#accepted] = this.#entries.keys();
    return first;
  }

  /** Items that were accepted: the next one has this number. */
  get accepted(): number {
    return this.#accepted;
  }

  accept(inputs: Readonly<Record<string, Tensor>>): Promise<Outputs> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      if (this.#entries.size === 0) this.#onPending(true);
      this.#entries.set(this.#accepted++, { inputs, resolve, reject });
      this.#wakeAll();
    });
  }

  /** The inputs of an item, once it has been accepted; undefined when `isOver` or the ledger is closed. */
  async inputsOf(item: number, isOver: () => boolean): Promise<Entry['inputs'] | undefined> {
    while (item >= this.#accepted && this.#error === undefined && !isOver()) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return isOver() ? undefined : this.#entries.get(item)?.inputs;
  }

  /** Lets those who wait for items look again whether they still have to. */
  wake(): void {
    this.#wakeAll();
  }

  /** Gives an item its result, in whatever order results come; a second one is ignored. */
  settle(item: number, result: () => Outputs): void {
    const entry = this.#entries.get(item);
    if (!entry) return;
    this.#entries.delete(item);
    try {
      entry.resolve(result());
    } catch (error) {
      entry.reject(error);
    }
    if (this.#entries.size === 0) this.#onPending(false);
  }

  /** Everything that waits, and whatever is asked for later, fails. */
  close(error: unknown = closedError()): void {
    this.#error ??= error;
    for (const { reject } of this.#entries.values()) reject(this.#error);
    this.#entries.clear();
    this.#onPending(false);
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const go of waiting) go();
  }
}
