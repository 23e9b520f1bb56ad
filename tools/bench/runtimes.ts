import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { newerNode } from '../runtimes/newer-node.mjs';

export interface NodeRuntime {
  readonly kind: 'node';
  readonly name: string;
  readonly command: string;
  readonly version: string;
}

export interface BrowserRuntime {
  readonly kind: 'browser';
  readonly name: string;
  readonly command: string;
  readonly version: string;
}

export type Runtime = NodeRuntime | BrowserRuntime;

function versionOf(command: string): string | undefined {
  if (command !== process.execPath && !existsSync(command)) return undefined;
  return execFileSync(command, ['--version'], { encoding: 'utf8' }).trim();
}

function nodeRuntime(command: string): NodeRuntime | undefined {
  const version = versionOf(command);
  if (version === undefined) return undefined;
  const [major = ''] = version.replace('v', '').split('.');
  return { kind: 'node', name: `Node ${major}`, command, version };
}

function browserRuntime(command: string): BrowserRuntime | undefined {
  const version = versionOf(command);
  if (version === undefined) return undefined;
  const number = /\d+(\.\d+)*/.exec(version)?.[0] ?? version;
  return { kind: 'browser', name: 'Chromium', command, version: number };
}

/** The runtimes of this machine: the Node that runs this, the newer one of tools/runtimes, Chromium. */
export function findRuntimes(root: string): readonly Runtime[] {
  const newer = newerNode(root);
  const found = [
    nodeRuntime(process.execPath),
    newer === undefined ? undefined : nodeRuntime(newer),
    browserRuntime(process.env.CHROMIUM ?? '/usr/bin/chromium'),
  ];
  const runtimes = found.flatMap((runtime) => runtime ?? []);
  return runtimes.filter((runtime, i) => runtimes.findIndex(({ name }) => name === runtime.name) === i);
}
