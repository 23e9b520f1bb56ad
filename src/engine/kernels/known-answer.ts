import { compile } from '../../compile/compile.js';
import { type KernelFamily, loadLowerings } from '../../compile/families.js';
import type { Choices } from '../../compile/lower/context.js';
import type { Plan, Target } from '../../compile/plan.js';
import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { callsOf, instanceOf } from '../instance.js';
import { createMemory, fillMemory } from '../memory.js';
import { portView } from '../ports.js';
import { knownAnswer, knownAnswerGraph, knownAnswerInput } from './known-answer-graph.js';

export function fnv1a(bytes: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** A graph whose output is known, and how it is compiled to ask all kernels of a family. */
interface Question {
  readonly graph: Graph;
  readonly input: Uint8Array;
  /** Hash of the output, the same in every way of compiling. */
  readonly answer: number;
  readonly ways: readonly Choices[];
}

const convolutions = (ways: readonly Choices[]): Question => ({
  graph: knownAnswerGraph(),
  input: knownAnswerInput(),
  answer: knownAnswer,
  ways,
});

async function questionFor(family: KernelFamily): Promise<Question> {
  switch (family) {
    case 'core':
      return convolutions([{}]);
    case 'sparse':
      return convolutions([{ sparse: 'irregular' }, { sparse: 'grouped' }, { sparse: 'gathered' }]);
    case 'spiking': {
      const spiking = await import('./spiking-answer-graph.js');
      return {
        graph: spiking.spikingAnswerGraph(),
        input: spiking.spikingAnswerInput(),
        answer: spiking.spikingAnswer,
        ways: [{ events: 'always' }, { events: 'never' }],
      };
    }
    case 'attention': {
      const attention = await import('./attention-answer-graph.js');
      return {
        graph: attention.attentionAnswerGraph(),
        input: attention.attentionAnswerInput(),
        answer: attention.attentionAnswer,
        ways: [{}],
      };
    }
  }
}

/** Whether modules, of which the last is that of the family, compute a small graph exactly for the target. */
export async function answersCorrectly(
  modules: readonly WebAssembly.Module[],
  family: KernelFamily,
  target: Target,
  shared: boolean,
): Promise<boolean> {
  const question = await questionFor(family);
  const lowerings = await loadLowerings(family === 'core' ? [] : [family]);
  for (const choices of question.ways) {
    const plan = compile(question.graph, target, { ...choices, lowerings });
    if (!(await computesAnswer(modules, plan, shared, question))) return false;
  }
  return true;
}

async function computesAnswer(
  modules: readonly WebAssembly.Module[],
  plan: Plan,
  shared: boolean,
  question: Question,
): Promise<boolean> {
  const [input] = plan.inputs;
  const [output] = plan.outputs;
  if (!input || !output) return false;
  try {
    const memory = createMemory(plan.memoryBytes, shared, Number.POSITIVE_INFINITY);
    const instance = await instanceOf(modules, memory);
    fillMemory(memory, plan, instance);
    portView(memory, input).set(question.input);
    for (const call of callsOf(instance, plan.steps)) call.kernel(call.parameterBlock, 0, call.units);
    return fnv1a(portView(memory, output)) === question.answer;
  } catch (error) {
    if (error instanceof SpikeletError && error.code === 'out-of-memory') throw error;
    return false;
  }
}
