import { compile } from '../../compile/compile.js';
import type { Target } from '../../compile/plan.js';
import type { Graph } from '../../graph/graph.js';
import { callsOf, instanceOf } from '../instance.js';
import { createMemory, fillMemory } from '../memory.js';
import { portView } from '../ports.js';

const channels = 8;
const outChannels = 9;
const side = 5;

/** A convolution of extreme and mixed values: 3x3 with a border, more channels than a tile and fewer than two. */
export function knownAnswerGraph(): Graph {
  const weights = Int8Array.from({ length: outChannels * channels * 9 }, (_, i) =>
    i % 7 === 0 ? -128 : (i * 37) & 255,
  );
  const bias = Int32Array.from({ length: outChannels }, (_, i) => 1000 * i - 4000);
  const scales = Float32Array.from({ length: outChannels }, (_, i) => 0.002 + 0.0005 * i);
  return {
    name: 'known answer',
    inputs: [
      {
        name: 'x',
        type: { dtype: 'u8', shape: [1, channels, side, side], quantization: { scale: 0.25, zeroPoint: 11 } },
      },
    ],
    outputs: [{ name: 'y' }],
    constants: new Map([
      [
        'weight',
        {
          dtype: 'i8' as const,
          shape: [outChannels, channels, 3, 3],
          data: weights,
          quantization: { bits: 8 as const, scales, axis: 0 },
        },
      ],
      ['bias', { dtype: 'i32' as const, shape: [outChannels], data: bias }],
    ]),
    nodes: [
      {
        op: 'conv',
        name: 'conv',
        inputs: ['x', 'weight', 'bias'],
        outputs: ['y'],
        attributes: { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
        quantization: { scale: 2, zeroPoint: 100 },
      },
    ],
  };
}

export const knownAnswerInput = (): Uint8Array =>
  Uint8Array.from({ length: channels * side * side }, (_, i) => (i % 5 === 0 ? 255 : i * 73));

/** FNV-1a hash of the output that the reference computes. */
export const knownAnswer = 4087676958;

export function fnv1a(bytes: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Whether the kernels of a module compute a small convolution exactly, compiled for the target. */
export async function answersCorrectly(
  module: WebAssembly.Module,
  target: Target,
  shared: boolean,
): Promise<boolean> {
  const plan = compile(knownAnswerGraph(), target);
  const [input] = plan.inputs;
  const [output] = plan.outputs;
  if (!input || !output) return false;
  try {
    const memory = createMemory(plan.memoryBytes, shared, Number.POSITIVE_INFINITY);
    const instance = await instanceOf(module, memory);
    fillMemory(memory, plan, instance);
    portView(memory, input).set(knownAnswerInput());
    for (const call of callsOf(instance, plan.steps)) call.kernel(call.parameterBlock, 0, call.units);
    return fnv1a(portView(memory, output)) === knownAnswer;
  } catch {
    return false;
  }
}
