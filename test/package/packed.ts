import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

interface Entry {
  readonly types?: string;
  readonly default?: string;
}

export interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Entry | string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** A project that has the package installed from its tarball. */
export interface Consumer {
  readonly folder: string;
  readonly packageFolder: string;
  readonly manifest: Manifest;
  /** Paths in the tarball. */
  readonly files: readonly string[];
  remove(): void;
}

/** Packs the built package and installs it, with its dependencies, in a project of its own. */
export function installPacked(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-consumer-'));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename, files }] = JSON.parse(packed);
  const modules = join(folder, 'node_modules');
  const packageFolder = join(modules, 'spikelet');
  mkdirSync(packageFolder, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', packageFolder]);
  const manifest: Manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  return {
    folder,
    packageFolder,
    manifest,
    files: files.map(({ path }: { readonly path: string }) => path),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
