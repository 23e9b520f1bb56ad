import { describe, expect, test } from 'vitest';
import type { SpikeletError } from '../../src/error.js';
import { f32Tensor, f32Type, graphBuilder, u8Tensor } from '../../src/graph/builder.js';
import { interpret, referenceExecutor } from '../../src/graph/interpret.js';
import { integerResidualNetwork, residualNetwork } from './networks.js';

const x = f32Tensor([1, 1, 2, 2], [1, -1, 0.5, -3]);

describe('interpret', () => {
  test('runs a residual network', () => {
    // relu(-2x + 1 + x) = relu(1 - x) = [0, 2, 0.5, 4], mean 1.625.
    const { logits } = interpret(residualNetwork(), { x });
    expect(logits?.shape).toEqual([1, 2]);
    expect(Array.from(logits?.data ?? [])).toEqual([1.625, -1.625]);
  });

  test('runs it in integers with the same result', () => {
    const input = u8Tensor([1, 1, 2, 2], [102, 98, 101, 94]);
    const { pool } = interpret(integerResidualNetwork(), { x: input });
    expect(pool?.dtype).toBe('u8');
    expect(Array.from(pool?.data ?? [])).toEqual([13]);
  });

  test('shows every value to the observer, in order', () => {
    const seen: string[] = [];
    interpret(residualNetwork(), { x }, { observe: (name, { data }) => seen.push(`${name} ${data[0]}`) });
    expect(seen).toEqual(['x 1', 'conv -1', 'sum 0', 'relu 0', 'pool 1.625', 'flat 1.625', 'logits 1.625']);
  });

  test('gives outputs of their own: inputs and constants are never handed out', () => {
    const g = graphBuilder('pass');
    const input = g.input('x', f32Type([1, 1, 2, 2]));
    g.constant('c', f32Tensor([1], [5]));
    g.output(input);
    g.output('c');
    const graph = g.build();
    const result = interpret(graph, { x });
    result.x?.data.fill(0);
    result.c?.data.fill(0);
    expect(Array.from(x.data)).toEqual([1, -1, 0.5, -3]);
    expect(Array.from(interpret(graph, { x }).c?.data ?? [])).toEqual([5]);
  });

  test('a value that is both used again and an output stays alive', () => {
    const g = graphBuilder('chain');
    const first = g.node('negate', [g.input('x', f32Type([1]))], { name: 'first' });
    g.output(g.node('add', [first, g.node('abs', [first])], { name: 'second' }));
    g.output(first);
    const result = interpret(g.build(), { x: f32Tensor([1], [3]) });
    expect([result.first?.data[0], result.second?.data[0]]).toEqual([-3, 0]);
  });

  test('is an executor', async () => {
    const runnable = await referenceExecutor(residualNetwork());
    const { logits } = await runnable.run({ x });
    runnable.close();
    expect(Array.from(logits?.data ?? [])).toEqual([1.625, -1.625]);
  });

  test.each([
    ['a missing input', {}, /input 'x': is missing/],
    ['an unknown input', { x, y: x }, /input 'y': the graph has no such input \(it has: x\)/],
    ['a wrong shape', { x: f32Tensor([4], [1, 2, 3, 4]) }, /must be f32\[1, 1, 2, 2\], got f32\[4\]/],
    ['a wrong type', { x: u8Tensor([1, 1, 2, 2], [1, 2, 3, 4]) }, /must be f32\[1, 1, 2, 2\], got u8/],
    ['too few elements', { x: f32Tensor([1, 1, 2, 2], [1]) }, /has 1 elements, its shape asks for 4/],
  ])('%s is refused', (_what, inputs, message) => {
    const run = () => interpret(residualNetwork(), inputs);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'invalid-input' }) as SpikeletError);
  });
});
