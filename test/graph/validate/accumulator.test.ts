import { describe, expect, test } from 'vitest';
import { quantization, weightConstant } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { i32Constant } from '../networks.js';
import { failure, float } from './invalid.js';

describe('int32 accumulators', () => {
  const wide = (inFeatures: number, value: number, bits: 2 | 4 | 8, bias: number): Graph => ({
    ...float,
    inputs: [{ name: 'x', type: { dtype: 'u8', shape: [1, inFeatures], quantization: quantization(1, 0) } }],
    outputs: [{ name: 'y' }],
    nodes: [
      {
        op: 'linear',
        name: 'y',
        inputs: ['x', 'w', 'b'],
        outputs: ['y'],
        attributes: {},
        quantization: quantization(1, 0),
      },
    ],
    constants: new Map([
      ['w', weightConstant([1, inFeatures], new Int8Array(inFeatures).fill(value), [1], bits)],
      ['b', i32Constant([bias])],
    ]),
  });
  const largest = 2 ** 31 - 1;

  test('hold as many products as fit beside the bias', () => {
    expect(failure(wide(1, 1, 8, largest - 255))).toBe('valid');
    expect(failure(wide(1, 1, 8, largest - 254))).toBe(
      "node 'y' (linear): the int32 accumulator of output channel 0 can overflow",
    );
    expect(failure(wide(1, -1, 8, -(largest - 255)))).toBe('valid');
    expect(failure(wide(1, -1, 8, -(2 ** 31)))).toContain('can overflow');
  });

  test('count what the weights are, whatever their bits', () => {
    const fits = Math.floor(largest / (255 * 7));
    for (const bits of [4, 8] as const) {
      expect(failure(wide(fits, 7, bits, 0))).toBe('valid');
      expect(failure(wide(fits + 1, 7, bits, 0))).toContain('can overflow');
    }
  });
});
