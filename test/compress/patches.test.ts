import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chosenPositions, patchReader } from '../../src/compress/quantize/patches.js';
import { interpret } from '../../src/graph/interpret.js';
import type { ConvNode } from '../../src/graph/ops/conv.js';
import { elementCount } from '../../src/graph/tensor.js';
import { f32, NetBuilder, noise } from './nets.js';

describe('patches', () => {
  it('times weight rows are the outputs of a convolution', () => {
    const shapes = fc.record({
      batch: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 3 }),
      kernel: fc.constantFrom([1, 1], [3, 3], [2, 3]),
      stride: fc.integer({ min: 1, max: 2 }),
      pads: fc.constantFrom([0, 0, 0, 0], [1, 1, 1, 1], [0, 2, 1, 0]),
      dilation: fc.integer({ min: 1, max: 2 }),
      size: fc.integer({ min: 5, max: 7 }),
    });
    fc.assert(
      fc.property(shapes, ({ batch, groups, channels, kernel, stride, pads, dilation, size }) => {
        const net = new NetBuilder(size);
        const outputs = 2 * groups;
        const weightShape = [outputs, channels, ...kernel];
        const weight = net.random('weight', weightShape);
        const attributes = { strides: [stride, stride], pads, dilations: [dilation, dilation], groups };
        const node: ConvNode = {
          op: 'conv',
          name: 'conv',
          inputs: ['image', weight],
          outputs: ['conv'],
          attributes,
        };
        const inputShape = [batch, channels * groups, size, size + 1];
        const graph = net.graph(inputShape, net.push(node));
        const image = f32(inputShape, noise(9, elementCount(inputShape)));
        const result = interpret(graph, { image }).conv?.data ?? [];
        const reader = patchReader(node, inputShape, weightShape);
        const pixels = reader.positions / batch;
        const patch = new Float64Array(reader.columns * 2);
        const weights = net.constants.get('weight')?.data ?? [];
        expect(result.length).toBe(outputs * reader.positions);
        for (let position = 0; position < reader.positions; position++) {
          for (let out = 0; out < outputs; out++) {
            reader.read(image.data, position, Math.floor(out / 2), patch, 1, 2);
            let sum = 0;
            for (let k = 0; k < reader.columns; k++) {
              sum += (patch[1 + 2 * k] ?? 0) * (weights[out * reader.columns + k] ?? 0);
            }
            const [n, pixel] = [Math.floor(position / pixels), position % pixels];
            expect(sum).toBeCloseTo(result[(n * outputs + out) * pixels + pixel] ?? Number.NaN, 4);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are looked at all in a small layer, and evenly spread in a large one', () => {
    expect(chosenPositions(3, 5)).toEqual([0, 1, 2]);
    for (const sample of [0, 1, 7, 100]) {
      const chosen = chosenPositions(1024, sample);
      expect(new Set(chosen).size).toBe(32);
      expect(chosen.every((position, i) => Math.floor(position / 32) === i)).toBe(true);
    }
  });
});
