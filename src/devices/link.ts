import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { SpikeletError } from '../error.js';
import { connect } from './connect.js';
import type { ConnectionChoice } from './connection.js';
import { isAuthorization, isDenial, reasonOfDenial } from './refusal.js';

/** Stores a message in a stream; resolves once the server has it. */
export type Publish = (subject: string, message: Uint8Array, id: string) => Promise<unknown>;

const publishTimeout = 10_000;
const retryMs = 250;
const flushMs = 1000;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A connection to a server with JetStream that comes back by itself. */
export class Link {
  readonly connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #publish: Publish;
  #isConnected = true;
  #losses = 0;
  /** What the server said against whoever connects. */
  #refusal: Error | undefined;

  /** `tamper` stands between this and the server: for faults in tests. */
  constructor(connection: NatsConnection, tamper: (publish: Publish) => Publish = (publish) => publish) {
    this.connection = connection;
    this.#client = jetstream(connection, { timeout: publishTimeout });
    this.#publish = tamper((subject, message, msgID) =>
      this.#client.publish(subject, message, { msgID, timeout: publishTimeout }),
    );
    void this.#watch();
  }

  static async open(choice: ConnectionChoice, tamper?: (publish: Publish) => Publish): Promise<Link> {
    return new Link(await connect(choice), tamper);
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') {
        this.#isConnected = false;
        this.#losses++;
      }
      if (status.type === 'reconnect') this.#isConnected = true;
      if (status.type === 'error') this.#hear(status.error);
    }
    this.#isConnected = false;
  }

  /** Who may not do what a stage or pipeline does would wait for ever: that ends the connection. */
  #hear(error: Error): void {
    // What comes after the first refusal is about the attempts to connect again.
    if (isAuthorization(error)) this.#refusal ??= error;
    if (!isDenial(error)) return;
    this.#refusal = new Error(reasonOfDenial(error), { cause: error });
    void this.connection.close();
  }

  /** Resolves when the connection is over for good: with the reason, or with undefined where it was closed here. */
  async over(): Promise<SpikeletError | undefined> {
    const error = (await this.connection.closed()) ?? undefined;
    const cause = this.#refusal ?? error;
    if (cause === undefined) return undefined;
    const message = `the server ended the connection for good: ${cause.message}`;
    return new SpikeletError('closed', message, { where: 'servers', cause });
  }

  get isConnected(): boolean {
    return this.#isConnected && !this.connection.isClosed();
  }

  /** How often the connection was lost. */
  get losses(): number {
    return this.#losses;
  }

  /** Bytes that a message may have. */
  get mostBytes(): number {
    const headers = 1024;
    return (this.connection.info?.max_payload ?? 1_048_576) - headers;
  }

  get streams(): JetStreamClient {
    return this.#client;
  }

  /**
   * What makes streams and queues. Throws `unsupported` for a server without JetStream, `closed` for whoever may not use
   * it and where the connection was lost.
   */
  async manager(): Promise<JetStreamManager> {
    try {
      return await jetstreamManager(this.connection, { timeout: publishTimeout });
    } catch (cause) {
      if (cause instanceof Error && isDenial(cause.cause)) {
        throw new SpikeletError('closed', reasonOfDenial(cause.cause), { where: 'servers', cause });
      }
      if (!this.isConnected) {
        throw new SpikeletError('closed', 'the connection was lost', { where: 'servers', cause });
      }
      throw new SpikeletError('unsupported', 'has no JetStream: start nats-server with --jetstream', {
        ...{ where: 'servers', cause },
      });
    }
  }

  /**
   * Stores a message, again and again until the server has said that it has it: under the same id it is stored once.
   * False where `isOver` became true before.
   */
  async store(subject: string, message: Uint8Array, id: string, isOver: () => boolean): Promise<boolean> {
    while (!isOver() && !this.connection.isClosed()) {
      // A client that is not connected would keep messages, as many as it is given.
      if (this.isConnected) {
        try {
          await this.#publish(subject, message, id);
          return true;
        } catch {
          // The server is away, or has no such stream yet.
        }
      }
      await sleep(retryMs);
    }
    return false;
  }

  /** Says something that nobody has to hear. */
  say(subject: string, message: Uint8Array): void {
    if (this.isConnected) this.connection.publish(subject, message);
  }

  /** Ends the connection after what was said has left. */
  async close(): Promise<void> {
    const flushed = this.isConnected ? this.connection.flush().catch(() => undefined) : undefined;
    await Promise.race([flushed, sleep(flushMs)]);
    await this.connection.close();
  }
}
