import type { JetStreamManager } from '@nats-io/jetstream';
import { fromWire } from '../../engine/worker/protocol.js';
import { SpikeletError } from '../../error.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Partition } from '../../pipeline/partition/partition.js';
import type { FileService } from '../files.js';
import { type Link, sleep } from '../link.js';
import { Inbox } from '../wire/inbox.js';
import {
  type Announcement,
  type Assignment,
  type FileReference,
  readReply,
  writeJson,
} from '../wire/messages.js';
import { split } from '../wire/parts.js';
import { assignments, consumerName, messageId, type RunSubjects } from '../wire/subjects.js';
import { writeTensors } from '../wire/values.js';
import type { Items } from './items.js';
import { outputsOf } from './outputs.js';
import { makeQueue, removeQueues } from './queues.js';
import type { StagedModel } from './staged-model.js';

/** What all plans of a pipeline share. */
export interface Surroundings {
  readonly link: Link;
  readonly manager: JetStreamManager;
  readonly space: string;
  readonly run: string;
  readonly subjects: RunSubjects;
  readonly model: StagedModel;
  readonly header: FileReference;
  readonly files: FileService;
  readonly items: Items;
  readonly credits: number;
  /** Whether a device is there. */
  readonly isPresent: (id: string) => boolean;
}

/** A device's place in a plan. */
export interface Place {
  readonly device: Announcement;
  readonly stage: number;
  readonly lane: number;
}

/** A device that did not take its stage. */
export interface Refusal {
  readonly device: string;
  readonly reason: unknown;
}

const assignTimeout = 60_000;
const lookMs = 200;
const retryMs = 500;

/** A plan in force: its queues, the devices that have its stages, and the items on their way through them. */
export class Epoch {
  readonly number: number;
  readonly plan: Partition;
  readonly places: readonly Place[];
  readonly #around: Surroundings;
  #inbox: Inbox | undefined;
  #isOver = false;

  constructor(around: Surroundings, number: number, plan: Partition, devices: readonly Announcement[]) {
    this.#around = around;
    this.number = number;
    this.plan = plan;
    this.places = plan.schedule.stages.flatMap(({ devices: names }, stage) =>
      names.flatMap((name, lane) => {
        const device = devices.find((own) => own.name === name);
        return device ? [{ device, stage, lane }] : [];
      }),
    );
  }

  get #queues(): readonly (readonly [stage: number, lane: number])[] {
    const results = this.plan.schedule.stages.length;
    return [...this.places.map(({ stage, lane }) => [stage, lane] as const), [results, 0]];
  }

  /** Items that keep every device busy. */
  get #window(): number {
    const { credits } = this.#around;
    return this.places.length * (credits + 1) + credits;
  }

  /** Makes the queues and gives every device its stage. The devices that did not take theirs: none, and it can begin. */
  async prepare(): Promise<readonly Refusal[]> {
    const { manager, subjects, files, header } = this.#around;
    await Promise.all(
      this.#queues.map(([stage, lane]) => makeQueue(manager, subjects, this.number, stage, lane)),
    );
    const { model } = this.#around;
    const references: FileReference[] = [];
    for (const { begin, end } of this.plan.schedule.stages) {
      references.push(await files.add(model.stageFile(begin, end)));
    }
    files.keep([header, ...references]);
    const answers = await Promise.all(
      this.places.map((place) => this.#assign(place, references[place.stage])),
    );
    return answers.flat();
  }

  #assignmentOf({ stage, lane }: Place, file: FileReference): Assignment {
    const { run, model, header, credits } = this.#around;
    const { stages, transfers } = this.plan.schedule;
    const { begin = 0, end = 0 } = stages[stage] ?? {};
    return {
      ...{ run, epoch: this.number, stage, lane, begin, end, credits, file, model: header },
      nextLanes: stages[stage + 1]?.devices.length ?? 1,
      inputWidth: transfers[stage]?.width ?? 'f32',
      outputWidth: transfers[stage + 1]?.width ?? 'f32',
      inputBytes: model.bytesAt(begin),
      window: this.#window,
    };
  }

  async #assign(place: Place, file: FileReference | undefined): Promise<readonly Refusal[]> {
    const { link, space, isPresent } = this.#around;
    const { id } = place.device;
    if (!file) return [];
    const request = link.connection.request(
      assignments(space, id),
      writeJson(this.#assignmentOf(place, file)),
      { timeout: assignTimeout },
    );
    try {
      const { error } = readReply((await unlessGone(request, () => isPresent(id) && !this.#isOver)).data);
      return error ? [{ device: id, reason: fromWire(error) }] : [];
    } catch (cause) {
      const reason = new SpikeletError('closed', 'did not take its stage', {
        where: place.device.name,
        cause,
      });
      return [{ device: id, reason }];
    }
  }

  /** Sends what has no result, and takes results, until the plan is over. */
  start(): void {
    void this.#feed();
    void this.#collect();
  }

  async #feed(): Promise<void> {
    const { items } = this.#around;
    const isOver = (): boolean => this.#isOver;
    for (let item = items.first; !this.#isOver; item++) {
      const inputs = await items.inputsOf(item, isOver);
      await items.room(this.#window, isOver);
      if (inputs) await this.#send(item, inputs);
    }
  }

  async #send(item: number, inputs: Readonly<Record<string, Tensor>>): Promise<void> {
    const { link, subjects, items } = this.#around;
    const attempt = this.#isOver ? undefined : items.send(item);
    if (attempt === undefined) return;
    const { stages, transfers } = this.plan.schedule;
    const subject = subjects.queue(this.number, 0, item % (stages[0]?.devices.length ?? 1));
    try {
      const parcel = writeTensors(inputs, transfers[0]?.width ?? 'f32');
      const stored = split(item, attempt, parcel, link.mostBytes).map((message, part) => {
        const id = messageId({ epoch: this.number, stage: 0, item, attempt, part });
        return link.store(subject, message, id, () => this.#isOver);
      });
      await Promise.all(stored);
    } catch (error) {
      items.settle(item, () => {
        throw error;
      });
    }
  }

  /** Sends an item another time. */
  async resend(item: number): Promise<void> {
    const inputs = await this.#around.items.inputsOf(item, () => this.#isOver);
    if (inputs) await this.#send(item, inputs);
  }

  async #collect(): Promise<void> {
    while (!this.#isOver) {
      try {
        this.#inbox = await this.#openInbox();
        await this.#settle(this.#inbox);
      } catch {
        // The server is away, or has lost the queue: then there will be a new plan.
      }
      if (!this.#isOver) await sleep(retryMs);
    }
    this.#inbox?.close();
  }

  #openInbox(): Promise<Inbox> {
    const { link, subjects, model, items } = this.#around;
    const mostBytes = model.bytesAt(model.layers);
    return Inbox.open(link, {
      stream: subjects.stream,
      consumer: consumerName(this.number, this.plan.schedule.stages.length, 0),
      prefetch: Math.ceil(mostBytes / link.mostBytes) * this.#window,
      ...{ mostBytes, mostParcels: this.#window },
      onDamage: (name) => {
        if (name && items.isWorthAnother(name.item, name.attempt)) void this.resend(name.item);
      },
    });
  }

  async #settle(inbox: Inbox): Promise<void> {
    const { items, model } = this.#around;
    const width = this.plan.schedule.transfers.at(-1)?.width ?? 'f32';
    for await (const { item, bytes, ack } of inbox.deliveries()) {
      items.settle(item, () => outputsOf(bytes, model.outputs, width));
      ack();
    }
  }

  /** Ends the plan. What is on its way is given up. */
  async stop(): Promise<void> {
    this.#isOver = true;
    const { items, manager, subjects, link } = this.#around;
    items.recall();
    this.#inbox?.close();
    if (link.isConnected) await removeQueues(manager, subjects, this.number, this.#queues);
  }
}

/** What `work` gives, unless whoever does it is gone before. */
async function unlessGone<T>(work: Promise<T>, isThere: () => boolean): Promise<T> {
  let isDone = false;
  const gone = async (): Promise<never> => {
    while (isThere() && !isDone) await sleep(lookMs);
    throw new SpikeletError('closed', 'is gone');
  };
  try {
    return await Promise.race([work, gone()]);
  } finally {
    isDone = true;
    work.catch(() => undefined);
  }
}
