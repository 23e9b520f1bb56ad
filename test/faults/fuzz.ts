import { Source } from '../format/source.js';
import { isRefusal, type Target } from './targets.js';

/** What fuzzing a target found. */
export interface FuzzReport {
  readonly cases: number;
  /** Damaged files that were still models. */
  readonly accepted: number;
  /** Error codes and how often each came. */
  readonly refused: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

/** A damaged file that was not handled as it must be. `seed` makes the file again. */
export class FuzzFailure extends Error {
  constructor(target: Target, seed: number, message: string, cause?: unknown) {
    super(`${target.name}, seed ${seed}: ${message}`, { cause });
  }
}

/** CPU time of one case. Wall time would blame the file for what else the machine does. */
const cpuLimitMs = 1000;

/** Reads one damaged file. Gives the code that it was refused with, nothing where it was read. */
async function runCase(
  target: Target,
  seed: number,
): Promise<{ readonly code: string | undefined; readonly ms: number }> {
  const file = target.damage(new Source(seed));
  const before = process.cpuUsage();
  let code: string | undefined;
  try {
    await target.read(file);
  } catch (error) {
    if (!isRefusal(error)) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new FuzzFailure(target, seed, text, error);
    }
    code = error.code;
  }
  const { user, system } = process.cpuUsage(before);
  return { code, ms: (user + system) / 1000 };
}

/** Reads damaged files of one seed after the other until `done`. Throws {@link FuzzFailure} at the first bad one. */
export async function fuzz(
  target: Target,
  firstSeed: number,
  done: (cases: number) => boolean,
): Promise<FuzzReport> {
  const refused = new Map<string, number>();
  let cases = 0;
  let accepted = 0;
  let slowestMs = 0;
  for (; !done(cases); cases++) {
    const seed = (firstSeed + cases) % 2 ** 31;
    const { code, ms } = await runCase(target, seed);
    if (code === undefined) accepted++;
    else refused.set(code, (refused.get(code) ?? 0) + 1);
    slowestMs = Math.max(slowestMs, cases < 20 ? 0 : ms);
    if (cases >= 20 && ms > cpuLimitMs)
      throw new FuzzFailure(target, seed, `took ${Math.round(ms)} ms of CPU time`);
  }
  return { cases, accepted, refused, slowestMs };
}
