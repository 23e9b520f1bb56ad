import type { Graph } from '../../graph/graph.js';

const shape = [1, 37, 24];

/** Attention of a value to itself, of more keys than a vector and more queries than a tile. */
export function attentionAnswerGraph(): Graph {
  const quantization = { scale: 0.0625, zeroPoint: 128 };
  return {
    name: 'known answer of attention',
    inputs: [{ name: 'x', type: { dtype: 'u8', shape, quantization } }],
    outputs: [{ name: 'y' }],
    constants: new Map(),
    nodes: [
      {
        ...{ op: 'attention', name: 'y', inputs: ['x', 'x', 'x'], outputs: ['y'] },
        attributes: { heads: 2, scale: 0.25 },
        quantization: { scale: 0.03125, zeroPoint: 120 },
      },
    ],
  };
}

export const attentionAnswerInput = (): Uint8Array =>
  Uint8Array.from({ length: 37 * 24 }, (_, i) => (i % 11 === 0 ? 255 : 96 + ((i * 7919) % 65)));

/** FNV-1a hash of the output that the reference computes. */
export const attentionAnswer = 1653425732;
