import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Link } from '../link.js';
import { type Frame, readFrame } from './frame.js';
import { Assembler, parcelKey } from './parts.js';
import { type MessageName, readMessageId } from './subjects.js';

/** A parcel that has arrived. The queue keeps it until it is acknowledged. */
export interface Delivery {
  readonly item: number;
  readonly attempt: number;
  readonly bytes: Uint8Array;
  ack(): void;
}

export interface InboxOptions {
  readonly stream: string;
  readonly consumer: string;
  /** Messages to have at hand. */
  readonly prefetch: number;
  /** Greatest bytes of a parcel. */
  readonly mostBytes: number;
  readonly mostParcels: number;
  /** Told of messages that are damaged, by the name that the server has for them. */
  readonly onDamage: (name: MessageName | undefined) => void;
}

/** Nanoseconds after which the server gives a message that was not acknowledged to somebody again. */
export const ackWaitNs = 30e9;
const remindMs = 10_000;
/** Parcels that are known to be done, so that a second copy is not done again. */
const mostRemembered = 4096;

/** The receiving end of a queue. */
export class Inbox {
  readonly #messages: ConsumerMessages;
  readonly #options: InboxOptions;
  readonly #assembler: Assembler;
  /** Messages that are not acknowledged, by parcel and part. */
  readonly #held = new Map<string, Map<number, JsMsg>>();
  readonly #atWork = new Set<string>();
  readonly #done = new Set<string>();
  readonly #reminder: ReturnType<typeof setInterval>;

  private constructor(messages: ConsumerMessages, options: InboxOptions) {
    this.#messages = messages;
    this.#options = options;
    this.#assembler = new Assembler(options.mostBytes, options.mostParcels);
    this.#reminder = setInterval(() => this.#remind(), remindMs);
  }

  static async open(link: Link, options: InboxOptions): Promise<Inbox> {
    const consumer = await link.streams.consumers.get(options.stream, options.consumer);
    return new Inbox(await consumer.consume({ max_messages: options.prefetch }), options);
  }

  /** Messages that have arrived and wait. */
  get length(): number {
    return this.#messages.getPending();
  }

  /** Parcels as they are complete, until the inbox is closed. */
  async *deliveries(): AsyncGenerator<Delivery, undefined> {
    for await (const message of this.#messages) {
      const delivery = this.#take(message);
      if (delivery) yield delivery;
    }
    return undefined;
  }

  #take(message: JsMsg): Delivery | undefined {
    try {
      return this.#add(message, readFrame(message.data));
    } catch {
      message.term();
      const name = readMessageId(message.headers?.get('Nats-Msg-Id'));
      // It will be sent again as another attempt: what else there is of this one is of no use.
      if (name) this.#finish(parcelKey(name));
      this.#options.onDamage(name);
      return undefined;
    }
  }

  #add(message: JsMsg, frame: Frame): Delivery | undefined {
    const key = parcelKey(frame);
    if (this.#done.has(key)) {
      message.ack();
      return undefined;
    }
    const held = this.#held.get(key) ?? new Map<number, JsMsg>();
    this.#held.set(key, held.set(frame.part, message));
    const bytes = this.#atWork.has(key) ? undefined : this.#assembler.add(frame);
    if (!bytes) return undefined;
    this.#atWork.add(key);
    return { item: frame.item, attempt: frame.attempt, bytes, ack: () => this.#finish(key) };
  }

  #finish(key: string): void {
    for (const message of this.#held.get(key)?.values() ?? []) message.ack();
    this.#held.delete(key);
    this.#atWork.delete(key);
    this.#assembler.forget(key);
    this.#done.add(key);
    const [oldest] = this.#done;
    if (oldest !== undefined && this.#done.size > mostRemembered) this.#done.delete(oldest);
  }

  /** Tells the server that what is held is being worked at, and lets go of what the assembler gave up. */
  #remind(): void {
    for (const [key, messages] of this.#held) {
      if (!this.#atWork.has(key) && !this.#assembler.has(key)) this.#held.delete(key);
      else for (const message of messages.values()) message.working();
    }
  }

  /** Ends the deliveries, after those that are there for whoever still takes them. */
  close(): void {
    clearInterval(this.#reminder);
    this.#messages.stop();
  }
}
