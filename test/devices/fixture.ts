import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { load } from 'spikelet';
import type { ConnectionChoice } from '../../src/devices/connection.js';
import { freshId } from '../../src/devices/fresh-id.js';
import { openLine } from '../../src/devices/line/open-line.js';
import type { DevicePipeline, DevicePipelineOptions } from '../../src/devices/line/options.js';
import { stagedModel } from '../../src/devices/line/staged-model.js';
import { Link, type Publish } from '../../src/devices/link.js';
import type { OpenStage } from '../../src/devices/stage/open-stage.js';
import { RunningDevice } from '../../src/devices/stage/running-device.js';
import { checkPart, checkTrusted, headerOf, type Trust } from '../../src/devices/trust.js';
import { imagesOf, residual } from '../pipeline/run/networks.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const speed = 1e9;

type Tamper = (publish: Publish) => Publish;

/** Loads a stage as devices do, but in this thread. */
export const openHere =
  (trust: Trust = 'any'): OpenStage =>
  async ({ model, file }, fetch) => {
    checkTrusted(model.sha256, trust);
    const header = await fetch(model);
    const bytes = await fetch(file);
    checkPart(bytes, headerOf(header));
    return load(bytes);
  };

/** A stage that waits before it computes. */
export const slowly =
  (ms: number, open: OpenStage = openHere()): OpenStage =>
  async (assignment, fetch) => {
    const model = await open(assignment, fetch);
    return {
      run: async (inputs) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return model.run(inputs);
      },
      close: () => model.close(),
    };
  };

export interface Party {
  readonly close: () => unknown;
  readonly closed: Promise<unknown>;
}

/** Devices and pipelines of a test, in this process, with what stands between them and the server. */
export class Company {
  readonly space: string;
  readonly #choice: ConnectionChoice;
  readonly #parties: Party[] = [];
  readonly #processes: ChildProcess[] = [];
  #lineLink: Link | undefined;

  /** `choice`: an address, or all that it takes to connect. */
  constructor(choice: string | ConnectionChoice, space = freshId()) {
    this.space = space;
    this.#choice = typeof choice === 'string' ? { servers: choice } : choice;
  }

  async join(
    name: string,
    { open = openHere(), tamper }: { readonly open?: OpenStage; readonly tamper?: Tamper } = {},
  ): Promise<RunningDevice> {
    const link = await Link.open(this.#choice, tamper);
    const description = { id: freshId(), name, type: 'device', memory: 1e9, speed };
    const own = new RunningDevice({ link, space: this.space, memory: 1e9, description, open });
    own.start();
    this.#parties.push(own);
    return own;
  }

  /** A device that is a process of its own. */
  async spawn(name: string): Promise<ChildProcess> {
    const command = ['dist/cli/main.js', 'stage', '--nats', String(this.#choice.servers), '--trust', 'any'];
    const child = spawn(process.execPath, [...command, '--name', name, '--space', this.space], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#processes.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stderr?.once('data', () => resolve());
      child.once('exit', () => reject(new Error('the device did not start')));
    });
    return child;
  }

  /** Cuts the connection of the last pipeline, which then comes back by itself. */
  async cut(): Promise<void> {
    await this.#lineLink?.connection.reconnect();
  }

  /** Says something where devices and pipelines listen. */
  async say(subject: string, message: Uint8Array | string): Promise<void> {
    const link = await Link.open(this.#choice);
    link.connection.publish(`spikelet.${this.space}.${subject}`, message);
    await link.close();
  }

  async line(options: Partial<DevicePipelineOptions> = {}, tamper?: Tamper): Promise<DevicePipeline> {
    const link = await Link.open(this.#choice, tamper);
    this.#lineLink = link;
    const own = await openLine(await stagedModel(residual.graph, {}), link, {
      space: this.space,
      ...options,
    });
    this.#parties.unshift(own);
    return own;
  }

  async leave(): Promise<void> {
    for (const party of this.#parties.splice(0)) {
      party.close();
      await party.closed;
    }
    for (const child of this.#processes.splice(0)) child.kill('SIGKILL');
  }
}

export const items = imagesOf(40);

/** What one engine computes of all items. */
export async function resultsOfOne(): Promise<readonly unknown[]> {
  const model = await load(residual.graph);
  const results = [];
  for (const item of items) results.push(await model.run(item));
  model.close();
  return results;
}

/** Sends all items, and does something after so many results. */
export async function resultsOf(
  line: Pick<DevicePipeline, 'map'>,
  disturb: (count: number) => unknown = () => undefined,
): Promise<readonly unknown[]> {
  const results = [];
  for await (const outputs of line.map(items)) {
    results.push(outputs);
    await disturb(results.length);
  }
  return results;
}
