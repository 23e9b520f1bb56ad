import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PipeEdgeSite, readPipeEdge } from '../../src/pipeline/index.js';

const folder = fileURLToPath(new URL('../../../shared/data/pipeedge/', import.meta.url));

/** Whether the measurements that PipeEdge's authors published are here: they are no part of the package. */
export const hasAuthorsProfiles = existsSync(folder);

const read = (name: string): string => readFileSync(`${folder}${name}`, 'utf8');

export const authorsFiles = (): { readonly models: string; readonly deviceTypes: string } => ({
  models: read('models.yml'),
  deviceTypes: read('device_types.yml'),
});

const hosts = (name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name}${i}`).join();

/** Devices of both types, in PipeEdge's YAML. */
export const hostsFile = (minnows: number, rccs: number): string =>
  `Minnowboard-E3845: [${hosts('minnow', minnows)}]\nRCC-VE-C2000: [${hosts('rcc', rccs)}]\n`;

/** A model of the authors on so many devices of each type, with links of so many Mbps. */
export function authorsSite(
  size: 'base' | 'large',
  minnows: number,
  rccs: number,
  mbps = 1000,
): Promise<PipeEdgeSite> {
  const { models, deviceTypes } = authorsFiles();
  return readPipeEdge(
    {
      models,
      deviceTypes: deviceTypes.replaceAll('bw_Mbps: 1000', `bw_Mbps: ${mbps}`),
      devices: hostsFile(minnows, rccs),
    },
    { model: `google/vit-${size}-patch16-224` },
  );
}
