// A process with several emulated devices: host.mjs <settings as JSON>
import { readFileSync } from 'node:fs';
import { freshId } from '../../../../src/devices/fresh-id.js';
import { Link } from '../../../../src/devices/link.js';
import { RunningDevice } from '../../../../src/devices/stage/running-device.js';
import { readProfile } from '../../../../src/pipeline/index.js';
import { emulatedStage } from './emulated.js';

export interface HostSettings {
  readonly url: string;
  readonly space: string;
  /** File with the profile. */
  readonly profile: string;
  /** Seconds that a second of the profile takes. */
  readonly scale: number;
  readonly devices: readonly { readonly name: string; readonly type: string; readonly memory: number }[];
}

const { url, space, profile, scale, devices }: HostSettings = JSON.parse(process.argv[2] ?? '{}');
const measured = readProfile(readFileSync(profile, 'utf8'));
for (const { name, type, memory } of devices) {
  const description = { id: freshId(), name, type, memory, speed: 1 };
  const open = emulatedStage(measured, type, scale);
  new RunningDevice({ link: await Link.open({ servers: url }), space, memory, description, open }).start();
}
console.log('ready');
