import { SpikeletError } from '../../error.js';
import type { Announcement, Fault } from '../wire/messages.js';
import { choosePlan, isWorthwhile } from './choose.js';
import { Epoch, type Surroundings } from './epoch.js';
import type { DevicePipelineOptions } from './options.js';
import { makeStream } from './queues.js';
import { type Change, Roster } from './roster.js';

export interface ControlOptions
  extends Pick<DevicePipelineOptions, 'profile' | 'network' | 'mostReplicas' | 'accuracy' | 'onPlan'> {
  readonly around: Omit<Surroundings, 'isPresent'>;
  /** Devices without which nothing begins. */
  readonly devices: number;
  readonly deadline: number;
}

const retryMs = 1000;
const lateMs = 1000;
/** Milliseconds that a device has to say that it is at the stage that it took. */
const graceMs = 5000;

/** Decides who runs which layers, and anew whenever that has to change. */
export class Control {
  readonly roster = new Roster();
  readonly #options: ControlOptions;
  readonly #around: Surroundings;
  #epoch: Epoch | undefined;
  #epochs = 0;
  #plans = 0;
  #inForceSince = 0;
  #lastTry = 0;
  #lastTick = 0;
  #obstacle: unknown;
  #isStale = false;
  #isPlanning = false;
  #isOver = false;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#around = { ...options.around, isPresent: (id) => this.roster.has(id) };
  }

  /** The plan in force. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /** Plans that have been in force. */
  get plans(): number {
    return this.#plans;
  }

  /** Why there is no plan in force. */
  get obstacle(): unknown {
    return this.#epoch ? undefined : this.#obstacle;
  }

  heard(device: Announcement): void {
    const now = performance.now();
    this.#consider(this.roster.heard(device, now));
    const { id, work } = device;
    const isIn = this.#epoch?.places.some((place) => place.device.id === id);
    if (isIn && now - this.#inForceSince > graceMs && work?.epoch !== this.#epoch?.number) this.replan();
  }

  /** Looks who has been silent for too long, and tries again where there was no plan. */
  tick(): void {
    const now = performance.now();
    // A thread that was busy for long has not listened: the silence was its own.
    if (now - this.#lastTick > lateMs) this.roster.forgive(now);
    this.#lastTick = now;
    this.#consider(this.roster.expire(now));
    if (!this.#epoch && !this.#isPlanning && now - this.#lastTry > retryMs) this.replan();
  }

  /** After the connection was away: what was on its way may be lost, and the devices' silence means nothing. */
  reconnected(): void {
    this.roster.forgive(performance.now());
    this.replan();
  }

  onFault({ epoch, item, attempt }: Fault): void {
    if (epoch !== this.#epoch?.number) return;
    if (this.#around.items.isWorthAnother(item, attempt)) void this.#epoch.resend(item);
  }

  #consider({ joined, left }: Change): void {
    if (joined.length + left.length === 0) return;
    const { places = [], plan } = this.#epoch ?? {};
    const isShort = !plan || places.some(({ device }) => left.includes(device.id));
    if (isShort || (joined.length > 0 && this.#isBetterNow())) this.replan();
  }

  #isBetterNow(): boolean {
    const current = this.#epoch?.plan;
    try {
      return current === undefined || isWorthwhile(this.#choose(this.#usable()), current);
    } catch {
      // No plan at all, with them: then there is no reason to change the one in force.
      return false;
    }
  }

  #usable(): readonly Announcement[] {
    return this.roster.usable(this.#around.run, performance.now());
  }

  #choose(devices: readonly Announcement[]) {
    return choosePlan(this.#around.model, devices, this.#options);
  }

  /** Makes a new plan, after the one that is being made if there is one. */
  replan(): void {
    this.#isStale = true;
    if (!this.#isPlanning) void this.#planAll();
  }

  async #planAll(): Promise<void> {
    this.#isPlanning = true;
    while (this.#isStale && !this.#isOver) {
      this.#isStale = false;
      this.#lastTry = performance.now();
      try {
        await this.#planOnce();
      } catch (error) {
        this.#obstacle = error;
      }
    }
    this.#isPlanning = false;
  }

  async #planOnce(): Promise<void> {
    const { around, deadline, onPlan } = this.#options;
    const before = this.#epoch;
    this.#epoch = undefined;
    await before?.stop();
    if (this.#isOver || !around.link.isConnected) return;
    const devices = this.#usable();
    this.#checkEnough(devices.length);
    await makeStream(around.manager, around.subjects, deadline);
    const epoch = new Epoch(this.#around, ++this.#epochs, this.#choose(devices), devices);
    const refusals = await epoch.prepare().catch(async (error: unknown) => {
      await epoch.stop();
      throw error;
    });
    for (const { device, reason } of refusals) {
      this.roster.refuse(device, reason, performance.now());
      this.#obstacle = reason;
      this.#isStale = true;
    }
    if (this.#isStale || this.#isOver) return epoch.stop();
    this.#epoch = epoch;
    this.#plans++;
    this.#inForceSince = performance.now();
    epoch.start();
    onPlan?.(epoch.plan);
  }

  #checkEnough(count: number): void {
    const wanted = this.#plans === 0 ? this.#options.devices : 1;
    if (count >= wanted) return;
    const [refusal] = this.roster.refusals;
    const why = refusal instanceof Error ? `; one refused: ${refusal.message}` : '';
    const clashes = this.roster.clashes.map(
      (name) => `; another device is called '${name}', too, and left out`,
    );
    const message = `${count} of ${wanted} devices are there and free${clashes.join('')}${why}`;
    throw new SpikeletError(refusal instanceof SpikeletError ? refusal.code : 'timeout', message, {
      ...{ where: 'devices', cause: refusal },
    });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    const epoch = this.#epoch;
    this.#epoch = undefined;
    await epoch?.stop();
  }
}
