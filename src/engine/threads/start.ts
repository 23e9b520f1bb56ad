import { nodeBuiltin } from '../../host.js';
import { clearBoard, controlBlock } from './board.js';
import { type Port, portOf, type WorkerLike } from './port.js';
import { Team } from './team.js';
import type { ThreadAnswer, ThreadStart } from './thread.js';

/** Longest that a thread may take to start, in milliseconds. */
const startDeadline = 30_000;

/** A team of `members` threads with this one among them, ready to run. Rejects, leaving nothing behind, if one fails. */
export async function startTeam(
  start: Omit<ThreadStart, 'index'>,
  createWorker: () => WorkerLike = createThread,
): Promise<Team> {
  // Before the first worker looks: zeros would read as a run that is under way.
  clearBoard(controlBlock(start.memory));
  const workers: Port[] = [];
  try {
    for (let index = 1; index < start.members; index++) {
      const worker = portOf(createWorker());
      workers.push(worker);
    }
    await Promise.all(workers.map((worker, i) => ready(worker, { ...start, index: i + 1 })));
    return new Team(controlBlock(start.memory), workers);
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  }
}

function createThread(): WorkerLike {
  if (typeof Worker === 'function')
    return new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  const threads = nodeBuiltin('node:worker_threads');
  if (!threads) throw new Error('there are no workers here');
  const script = './thread.js';
  return new threads.Worker(new URL(script, import.meta.url), { execArgv: [] });
}

function ready(worker: Port, start: ThreadStart): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`it has not started in ${startDeadline} ms`)),
      startDeadline,
    );
    const settle = (failure?: string): void => {
      clearTimeout(timer);
      worker.keepAlive(false);
      if (failure === undefined) resolve();
      else reject(new Error(failure));
    };
    worker.onDeath(settle);
    worker.onMessage((message) => {
      const answer = message as ThreadAnswer;
      settle(answer.ready ? undefined : answer.reason);
    });
    worker.post(start);
  });
}
