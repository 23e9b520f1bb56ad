import { fromWire, type ModelServer, toWire, type WireError } from '../../engine/worker/protocol.js';
import type { Tensor } from '../../graph/tensor.js';
import type { CutWidth } from '../activation/width.js';
import { firstOf, Inlet, Outlet } from './channel.js';
import { type Parcel, packValues, unpackValues } from './parcel.js';

/** How a stage's worker is connected: item `n` is for the lane `n` modulo the number of lanes. */
export interface Wiring {
  readonly lane: number;
  readonly lanes: number;
  /** The item that the pipeline begins with. */
  readonly first: number;
  /** From each lane of the stage before, and to each of the one behind. */
  readonly inputs: readonly MessagePort[];
  readonly outputs: readonly MessagePort[];
  readonly inputWidth: CutWidth;
  readonly outputWidth: CutWidth;
  /** Parcels that may be under way to each lane of the stage behind. */
  readonly credits: number;
}

/** What a stage's worker has done since its script began. */
export interface FlowFigures {
  readonly items: number;
  /** Milliseconds at work, waiting for an item, and waiting for room behind. */
  readonly busyMs: number;
  readonly starvedMs: number;
  readonly blockedMs: number;
  /** Items that wait. */
  readonly queue: number;
}

/** The side of a stage's worker that moves values, beside the model that it serves. */
export interface FlowServer {
  /** Takes items from its inputs from now on; what was under way before is dropped. */
  connect(wiring: Wiring): void;
  figures(): FlowFigures;
}

export function flowServer(model: Pick<ModelServer, 'run'>): FlowServer {
  const total = { items: 0, busyMs: 0, starvedMs: 0, blockedMs: 0 };
  let inlets: readonly Inlet[] = [];
  let outlets: readonly Outlet[] = [];

  async function timed<T>(
    key: 'busyMs' | 'starvedMs' | 'blockedMs',
    work: () => Promise<T> | undefined,
  ): Promise<T | undefined> {
    const start = performance.now();
    const result = await work();
    total[key] += performance.now() - start;
    return result;
  }

  async function compute(parcel: Parcel, { inputWidth, outputWidth }: Wiring): Promise<Parcel> {
    if (parcel.error) return parcel;
    const failed = (error: WireError): Parcel => ({ item: parcel.item, values: {}, error });
    try {
      const reply = await model.run(0, unpackValues(parcel.values, inputWidth), false);
      if ('error' in reply) return failed(reply.error);
      total.items++;
      return { item: parcel.item, values: packValues(reply.value.outputs, outputWidth) };
    } catch (error) {
      return failed(toWire(error));
    }
  }

  async function flow(wiring: Wiring, from: readonly Inlet[], to: readonly Outlet[]): Promise<void> {
    const { lane, lanes, first } = wiring;
    for (let item = firstOf(lane, lanes, first); ; item += lanes) {
      const parcel = await timed('starvedMs', () => from[item % from.length]?.take());
      const done = parcel && (await timed('busyMs', () => compute(parcel, wiring)));
      if (!done || !(await timed('blockedMs', () => to[item % to.length]?.send(done, true)))) return;
    }
  }

  return {
    connect(wiring) {
      for (const end of [...inlets, ...outlets]) end.close();
      inlets = wiring.inputs.map((port) => new Inlet(port));
      outlets = wiring.outputs.map((port) => new Outlet(port, wiring.credits));
      void flow(wiring, inlets, outlets);
    },
    figures: () => ({ ...total, queue: inlets.reduce((sum, { length }) => sum + length, 0) }),
  };
}

/** The result of an item. */
export function resultOf(parcel: Parcel, width: CutWidth): Record<string, Tensor> {
  if (parcel.error) throw fromWire(parcel.error);
  return unpackValues(parcel.values, width);
}
