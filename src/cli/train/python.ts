import { existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SpikeletError } from '../../error.js';
import { installation } from './installation.js';
import { runProcess } from './process.js';

/** A package that a training needs, with its least version and the one that is there. */
export interface Requirement {
  readonly name: string;
  readonly needed: string;
  readonly found: string | null;
  readonly enough: boolean;
}

/** A Python that trainings can run in. */
export interface Python {
  /** The program with its first arguments. */
  readonly command: readonly string[];
  readonly version: string;
  readonly packages: readonly Requirement[];
}

/** What is wrong with a Python, in words. */
interface Refused {
  readonly command: readonly string[];
  readonly reason: string;
}

/** What check_requirements.py prints. */
interface Requirements {
  readonly python: Omit<Requirement, 'name' | 'found'> & { readonly found: string };
  readonly packages: readonly Requirement[];
}

const checkMs = 60_000;

/** Programs that may be Python, in the order of preference: of environments, of PATH, of places where it often lies. */
export function candidates(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): readonly (readonly string[])[] {
  const isWindows = platform === 'win32';
  const names = isWindows ? ['python.exe', 'python3.exe'] : ['python3', 'python'];
  const environments = [env.VIRTUAL_ENV, env.CONDA_PREFIX].flatMap((folder) =>
    folder ? [join(folder, isWindows ? 'Scripts' : 'bin')] : [],
  );
  const usual = isWindows ? [] : ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
  const folders = [...environments, ...(env.PATH ?? '').split(delimiter), ...usual].filter(Boolean);
  const found = new Map<string, readonly string[]>();
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (existsSync(path) && !found.has(keyOf(path))) found.set(keyOf(path), [path]);
    }
  }
  return [...found.values(), ...(isWindows ? [['py', '-3']] : [])];
}

/** In one folder two names of one file are one Python; in two folders they may be two, as in a virtual environment. */
const keyOf = (path: string): string => `${realpathSync(join(path, '..'))} ${realpathSync(path)}`;

/**
 * A Python that has what trainings need: `wanted` alone if it is given, else the first of the candidates. Throws
 * `missing-dependency` with what was tried and how to install what is missing.
 */
export async function findPython(
  tools: string,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Python> {
  const tried: Refused[] = [];
  for (const command of wanted === undefined ? candidates(process.env, process.platform) : [[wanted]]) {
    const result = await check(command, tools, signal);
    if ('version' in result) return result;
    tried.push(result);
  }
  const list = tried.map(({ command, reason }) => `  ${command.join(' ')}: ${reason}`);
  const message = [
    wanted === undefined
      ? 'training needs Python with PyTorch, and no such Python was found'
      : `training needs Python with PyTorch, and ${wanted} will not do`,
    ...(list.length > 0 ? ['tried:', ...list] : ['there is no python3 and no python on PATH']),
    ...installation(tools, process.platform),
  ];
  throw new SpikeletError('missing-dependency', message.join('\n'));
}

async function check(
  command: readonly string[],
  tools: string,
  signal: AbortSignal,
): Promise<Python | Refused> {
  const script = join(tools, 'check_requirements.py');
  const ended = await runProcess([...command, script], { signal, timeout: checkMs });
  signal.throwIfAborted();
  if (ended.code !== 0) {
    const said = ended.failure ?? ended.err.trim().split('\n').at(-1);
    return { command, reason: `does not run${said ? ` (${said})` : ''}` };
  }
  const report = parseReport(ended.out);
  if (!report) return { command, reason: 'is no Python: its answer to a question makes no sense' };
  const { python, packages } = report;
  if (!python.enough) return { command, reason: `is Python ${python.found}, older than ${python.needed}` };
  const lacking = packages.filter(({ enough }) => !enough);
  if (lacking.length === 0) return { command, version: python.found, packages };
  const words = lacking.map(({ name, needed, found }) =>
    found === null ? `no ${name}` : `${name} ${found}, older than ${needed}`,
  );
  return { command, reason: `Python ${python.found} has ${words.join(', ')}` };
}

function parseReport(text: string): Requirements | undefined {
  try {
    const report: Partial<Requirements> | null = JSON.parse(text);
    const isWhole = report?.python !== undefined && Array.isArray(report.packages);
    return isWhole ? (report as Requirements) : undefined;
  } catch {
    return undefined;
  }
}
