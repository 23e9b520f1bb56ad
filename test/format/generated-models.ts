import fc from 'fast-check';
import type { Graph } from '../../src/graph/graph.js';
import type { Constant, WeightBits } from '../../src/graph/tensor.js';
import { quantizedWeight, randomNumbers, scaled } from './models.js';

/** Graphs of one fully connected layer with names, widths and values of every kind. */
export const generatedModels: fc.Arbitrary<Graph> = fc
  .record({
    names: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }), {
      minLength: 5,
      maxLength: 5,
    }),
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 9 }),
    bits: fc.constantFrom<WeightBits>(2, 3, 4, 5, 6, 7, 8),
    seed: fc.nat(),
  })
  .filter(({ names }) => !names.some((name) => name.startsWith('__')))
  .map(({ names, rows, columns, bits, seed }) => {
    const [x = 'x', weight = 'w', bias = 'b', y = 'y', node = 'n'] = names;
    const random = randomNumbers(seed);
    const biases = Int32Array.from({ length: rows }, () => Math.floor(random() * 2 ** 32) - 2 ** 31);
    return {
      name: node,
      inputs: [
        { name: x, type: { dtype: 'u8', shape: [2, columns], quantization: scaled(random() + 0.01, 9) } },
      ],
      outputs: [{ name: y }],
      nodes: [
        {
          op: 'linear',
          name: node,
          inputs: [x, weight, bias],
          outputs: [y],
          attributes: {},
          quantization: scaled(random() + 0.01, Math.floor(random() * 256)),
        },
      ],
      constants: new Map<string, Constant>([
        [weight, quantizedWeight([rows, columns], bits, random)],
        [bias, { dtype: 'i32', shape: [rows], data: biases }],
      ]),
    };
  });
