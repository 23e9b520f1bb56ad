import type { LoadedNetwork } from './engines/engine.js';
import { median } from './statistics.js';

export interface Pace {
  readonly rounds: number;
  /** Timed runs in a row, whose median is the round's sample. */
  readonly burst: number;
  /** Milliseconds of rest before a burst, so that another engine's threads have stopped spinning. */
  readonly rest: number;
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

async function timedRun(network: LoadedNetwork): Promise<number> {
  const start = performance.now();
  await network.run();
  return performance.now() - start;
}

async function burstOf(network: LoadedNetwork, { burst, rest }: Pace): Promise<number> {
  await sleep(rest);
  // The first run brings the engine's weights back into the caches and is not counted.
  await network.run();
  const times: number[] = [];
  for (let i = 0; i < burst; i++) times.push(await timedRun(network));
  return median(times);
}

/**
 * Times several networks side by side: every round runs each of them, one after the other, so that whatever
 * disturbs the machine disturbs all. Samples in milliseconds, by network and round.
 */
export async function alternate(
  networks: readonly LoadedNetwork[],
  pace: Pace,
): Promise<readonly (readonly number[])[]> {
  const warmUp = 3;
  const samples = networks.map((): number[] => []);
  for (let round = 0; round < warmUp + pace.rounds; round++) {
    for (const [index, network] of networks.entries()) {
      const sample = await burstOf(network, pace);
      if (round >= warmUp) samples[index]?.push(sample);
    }
  }
  return samples;
}
