import type { Plan } from '../compile/plan.js';
import { SpikeletError } from '../error.js';
import { explainPlan } from './explain.js';
import { callsOf, instanceOf } from './instance.js';
import type { Kernels } from './kernels/choose.js';
import { LocalModel, type StepOpener } from './local-model.js';
import { createMemory, fillMemory } from './memory.js';
import { defaultMemoryLimit, type LoadOptions } from './options.js';
import type { Team } from './threads/team.js';

export type StartOptions = Pick<LoadOptions, 'memoryLimit' | 'threadWorker'>;

const noSteps: StepOpener = () =>
  Promise.reject(new SpikeletError('unsupported', 'a plan alone has no stream: load its graph'));

/** Gives a plan its memory, kernels and threads. */
export async function startPlan(
  plan: Plan,
  kernels: Kernels,
  options: StartOptions,
  openStep: StepOpener = noSteps,
): Promise<LocalModel> {
  const { modules } = kernels;
  const shared = kernels.threads.used > 1;
  const memory = createMemory(plan.memoryBytes, shared, options.memoryLimit ?? defaultMemoryLimit);
  const steps = plan.steps.map(({ kernel, parameterBlock, units, layer }) => ({
    kernel,
    parameterBlock,
    units,
    layer,
  }));
  const instance = await instanceOf(modules, memory);
  const calls = callsOf(instance, steps);
  fillMemory(memory, plan, instance);
  let { threads } = kernels;
  let team: Team | undefined;
  if (shared) {
    try {
      const { startTeam } = await import('./threads/start.js');
      team = await startTeam({ modules, memory, steps, members: threads.used }, options.threadWorker);
    } catch (error) {
      const reason = `a thread did not start: ${error instanceof Error ? error.message : String(error)}`;
      threads = { requested: threads.requested, used: 1, reason };
    }
  }
  const explanation = explainPlan(plan, { ...kernels, threads }, memory.buffer.byteLength);
  const { name, inputs, outputs, counters, state } = plan;
  const layout = { name, inputs, outputs, counters, state, steps };
  return new LocalModel(layout, explanation, { memory, calls, team }, openStep);
}
