import type { Plan } from '../compile/plan.js';
import { explainPlan } from './explain.js';
import { callsOf, instanceOf } from './instance.js';
import type { Kernels } from './kernels/choose.js';
import { LocalModel } from './local-model.js';
import { createMemory, fillMemory } from './memory.js';
import { defaultMemoryLimit, type LoadOptions } from './options.js';
import type { Team } from './threads/team.js';

export type StartOptions = Pick<LoadOptions, 'memoryLimit' | 'threadWorker'>;

/** Gives a plan its memory, kernels and threads. */
export async function startPlan(plan: Plan, kernels: Kernels, options: StartOptions): Promise<LocalModel> {
  const { module } = kernels;
  const shared = kernels.threads.used > 1;
  const memory = createMemory(plan.memoryBytes, shared, options.memoryLimit ?? defaultMemoryLimit);
  const steps = plan.steps.map(({ kernel, parameterBlock, units, layer }) => ({
    kernel,
    parameterBlock,
    units,
    layer,
  }));
  const instance = await instanceOf(module, memory);
  const calls = callsOf(instance, steps);
  fillMemory(memory, plan, instance);
  let { threads } = kernels;
  let team: Team | undefined;
  if (shared) {
    try {
      const { startTeam } = await import('./threads/start.js');
      team = await startTeam({ module, memory, steps, members: threads.used }, options.threadWorker);
    } catch (error) {
      const reason = `a thread did not start: ${error instanceof Error ? error.message : String(error)}`;
      threads = { requested: threads.requested, used: 1, reason };
    }
  }
  const explanation = explainPlan(plan, { ...kernels, threads }, memory.buffer.byteLength);
  const { name, inputs, outputs } = plan;
  return new LocalModel({ name, inputs, outputs, steps }, explanation, { memory, calls, team });
}
