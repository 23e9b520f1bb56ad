import type { Announcement } from '../wire/messages.js';

/** What an announcement or the time changed: devices that came, became free or went, or nothing. */
export interface Change {
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

/** Milliseconds without a word after which a device is gone. */
export const silenceMs = 3000;

/** Milliseconds for which a device that refused a stage is not asked again. */
export const refusalMs = 10_000;

/** Devices beyond this are not listened to. */
const mostDevices = 1024;

interface Entry {
  readonly device: Announcement;
  readonly heardAt: number;
}

const nothing: Change = { joined: [], left: [] };

/** Who is there, by what devices say and when. All times are the caller's, in milliseconds. */
export class Roster {
  readonly #entries = new Map<string, Entry>();
  readonly #namesakes = new Map<string, { readonly name: string; readonly heardAt: number }>();
  readonly #refusals = new Map<string, { readonly at: number; readonly reason: unknown }>();

  /** A name belongs to the device that had it first, until that one is gone. */
  heard(device: Announcement, now: number): Change {
    const { id, name, isLeaving } = device;
    const before = this.#entries.get(id);
    if (isLeaving) {
      this.#entries.delete(id);
      this.#namesakes.delete(id);
      return before ? { joined: [], left: [id] } : nothing;
    }
    if (before) {
      this.#entries.set(id, { device, heardAt: now });
      const isFree = before.device.work !== undefined && device.work === undefined;
      return isFree ? { joined: [id], left: [] } : nothing;
    }
    const isTaken = [...this.#entries.values()].some((other) => other.device.name === name);
    if (isTaken && this.#namesakes.size < mostDevices) this.#namesakes.set(id, { name, heardAt: now });
    if (isTaken || this.#entries.size >= mostDevices) return nothing;
    this.#namesakes.delete(id);
    this.#entries.set(id, { device, heardAt: now });
    return { joined: [id], left: [] };
  }

  /** Takes those off the list that have been silent for too long. */
  expire(now: number): Change {
    const left = [...this.#entries].flatMap(([id, { heardAt }]) => (now - heardAt > silenceMs ? [id] : []));
    for (const id of left) this.#entries.delete(id);
    for (const [id, { heardAt }] of this.#namesakes) {
      if (now - heardAt > silenceMs) this.#namesakes.delete(id);
    }
    return left.length > 0 ? { joined: [], left } : nothing;
  }

  /** Silence until now was not the devices': the listener was away. */
  forgive(now: number): void {
    for (const [id, { device }] of this.#entries) this.#entries.set(id, { device, heardAt: now });
  }

  /** Notes that a device did not take the stage that it was given. */
  refuse(id: string, reason: unknown, now: number): void {
    this.#refusals.set(id, { at: now, reason });
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** All devices that are there, by name. */
  get devices(): readonly Announcement[] {
    const all = [...this.#entries.values()].map(({ device }) => device);
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Names of devices that are left out because another has the same. */
  get clashes(): readonly string[] {
    return [...new Set([...this.#namesakes.values()].map(({ name }) => name))].sort();
  }

  /** Devices that can be given a stage of a pipeline: those that have none of another, and did not just refuse. */
  usable(run: string, now: number): readonly Announcement[] {
    return this.devices.filter(({ id, work }) => {
      const refusal = this.#refusals.get(id);
      return (work === undefined || work.run === run) && !(refusal && now - refusal.at < refusalMs);
    });
  }

  /** Why devices that are there refused, the last one first. */
  get refusals(): readonly unknown[] {
    const present = [...this.#refusals].filter(([id]) => this.#entries.has(id));
    return present.sort(([, a], [, b]) => b.at - a.at).map(([, { reason }]) => reason);
  }
}
