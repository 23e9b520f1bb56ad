import { buffersOf, type Parcel } from './parcel.js';

/** Posted back by the receiver: there is room for one more. */
interface Credit {
  readonly credit: true;
}

/** Lets the one who waits go on. */
type Wake = () => void;

/** Node's ports say whether they keep the process from ending; those of the web have no such thing. */
function keepAlive(port: MessagePort & { ref?(): void; unref?(): void }, wanted: boolean): void {
  if (wanted) port.ref?.();
  else port.unref?.();
}

/** The sending end of a channel. It sends as many parcels as the receiver has room for, then waits. */
export class Outlet {
  readonly #port: MessagePort;
  #credits: number;
  #wake: Wake | undefined;
  #isClosed = false;

  constructor(port: MessagePort, credits: number) {
    this.#port = port;
    this.#credits = credits;
    port.onmessage = (_: MessageEvent<Credit>) => {
      this.#credits++;
      this.#wake?.();
    };
  }

  /** False where the channel was closed before there was room. With `give` the buffers are handed over, not copied. */
  async send(parcel: Parcel, give: boolean): Promise<boolean> {
    while (this.#credits === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isClosed) return false;
    this.#credits--;
    this.#port.postMessage(parcel, give ? buffersOf(parcel) : []);
    return true;
  }

  /** Whether the channel keeps a Node process from ending. */
  keepAlive(wanted: boolean): void {
    keepAlive(this.#port, wanted);
  }

  close(): void {
    this.#isClosed = true;
    this.#port.close();
    this.#wake?.();
  }
}

/** The receiving end of a channel: a queue that the credits of its sender bound. */
export class Inlet {
  readonly #port: MessagePort;
  readonly #queue: Parcel[] = [];
  #wake: Wake | undefined;
  #isClosed = false;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Parcel>) => {
      this.#queue.push(data);
      this.#wake?.();
    };
  }

  /** Parcels that have arrived and wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** The next parcel, undefined once the channel is closed. Makes room for another. */
  async take(): Promise<Parcel | undefined> {
    while (this.#queue.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const parcel = this.#isClosed ? undefined : this.#queue.shift();
    if (parcel) this.#port.postMessage({ credit: true } satisfies Credit);
    return parcel;
  }

  /** Whether the channel keeps a Node process from ending. */
  keepAlive(wanted: boolean): void {
    keepAlive(this.#port, wanted);
  }

  close(): void {
    this.#isClosed = true;
    this.#port.close();
    this.#wake?.();
  }
}

/** The item that a lane of several begins with, if all begin with item `first`. */
export const firstOf = (lane: number, lanes: number, first: number): number =>
  first + ((((lane - first) % lanes) + lanes) % lanes);
