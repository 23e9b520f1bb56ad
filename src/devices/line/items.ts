import { SpikeletError } from '../../error.js';
import type { Tensor } from '../../graph/tensor.js';
import { Ledger } from '../../pipeline/run/ledger.js';
import type { Outputs } from '../../pipeline/run/options.js';
import { Watch } from './watch.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** Damaged messages of one item after which it fails. */
const mostDamages = 8;

/** An item that seems lost is sent again after this share of its deadline. */
const patienceShare = 0.25;

/** The items without a result, with their inputs and their times. */
export class Items {
  readonly #ledger = new Ledger(() => undefined);
  readonly #watch: Watch;
  readonly #deadline: number;
  readonly #damages = new Map<number, number>();
  #onRoom = (): void => undefined;

  constructor(deadline: number) {
    this.#deadline = deadline;
    this.#watch = new Watch(deadline, patienceShare * deadline);
  }

  accept(inputs: Tensors): Promise<Outputs> {
    const result = this.#ledger.accept(inputs);
    this.#watch.accept(this.#ledger.accepted - 1, performance.now());
    return result;
  }

  /** The first item without a result. */
  get first(): number {
    return this.#ledger.first;
  }

  /** The inputs of an item once it was accepted; undefined where it has its result, or when `isOver`. */
  inputsOf(item: number, isOver: () => boolean): Promise<Tensors | undefined> {
    return this.#ledger.inputsOf(item, isOver);
  }

  /** Notes that an item is sent. The attempt that this is; undefined where it has its result. */
  send(item: number): number | undefined {
    return this.#watch.send(item, performance.now());
  }

  /** Resolves when fewer than `most` items are under way, or when `isOver`. */
  async room(most: number, isOver: () => boolean): Promise<void> {
    while (this.#watch.underWay >= most && !isOver()) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  /** An item has its result, or the error that it ended with at a device. */
  settle(item: number, result: () => Outputs): void {
    this.#watch.settle(item, performance.now());
    this.#end(item, result);
  }

  #end(item: number, result: () => Outputs): void {
    this.#damages.delete(item);
    this.#ledger.settle(item, result);
    this.#onRoom();
  }

  #fail(item: number, error: SpikeletError): void {
    this.#watch.drop(item);
    this.#end(item, () => {
      throw error;
    });
  }

  /** Whether an item of which a message was damaged should be sent again; after too many of them it fails. */
  isWorthAnother(item: number, attempt: number): boolean {
    if (this.#watch.attempts(item) !== attempt) return false;
    const count = (this.#damages.get(item) ?? 0) + 1;
    this.#damages.set(item, count);
    if (count <= mostDamages) return true;
    const message = `its messages arrived damaged ${count} times: the connection or a device is faulty`;
    this.#fail(item, new SpikeletError('closed', message, { where: `item ${item}` }));
    return false;
  }

  /** Fails what is beyond its deadline, for the reason given if there is one. The items that should be sent again. */
  look(reason: unknown): readonly number[] {
    const { expired, overdue } = this.#watch.due(performance.now());
    for (const item of expired) {
      const why = reason instanceof Error ? `: ${reason.message}` : '';
      const message = `has no result after ${this.#deadline} ms${why}`;
      this.#fail(item, new SpikeletError('timeout', message, { where: `item ${item}`, cause: reason }));
    }
    return overdue;
  }

  /** Lets those who wait look whether they still have to, and forgets what is under way: a plan is over. */
  recall(): void {
    this.#watch.recall();
    this.#ledger.wake();
    this.#onRoom();
  }

  /** Everything that waits, and whatever is asked for later, fails. */
  close(error: SpikeletError): void {
    this.#ledger.close(error);
    this.#onRoom();
  }
}
