import { describe, expect, it } from 'vitest';
import { fuse } from '../../src/compile/fuse.js';
import {
  f32Type,
  type GraphBuilder,
  graphBuilder,
  quantization,
  u8Type,
  weightConstant,
} from '../../src/graph/builder.js';
import { inferTypes } from '../../src/graph/types.js';

const one = quantization(0.1, 10);
const other = quantization(0.2, 0);

/** For each group of fused nodes their names. */
function groups(make: (g: GraphBuilder) => string | readonly string[]): readonly (readonly string[])[] {
  const g = graphBuilder('fused');
  for (const output of [make(g)].flat()) g.output(output);
  const graph = g.build();
  return fuse(graph, inferTypes(graph)).map(({ node, fused }) => [
    node.name,
    ...fused.map((next) => next.name),
  ]);
}

function floatConv(g: GraphBuilder, x: string, name: string): string {
  const weight = g.constant(`${name}.weight`, {
    dtype: 'f32',
    shape: [2, 2, 1, 1],
    data: new Float32Array(4),
  });
  return g.node('conv', [x, weight], { name });
}

function integerConv(g: GraphBuilder, x: string, name: string): string {
  const weight = g.constant(`${name}.weight`, weightConstant([2, 2, 1, 1], [1, 2, 3, 4], [0.1, 0.1]));
  return g.node('conv', [x, weight], { name, quantization: one });
}

const image = f32Type([1, 2, 3, 3]);
const integerImage = u8Type([1, 2, 3, 3], one);

describe('fusion', () => {
  it('takes a relu or clip into the epilogue of the node before it', () => {
    const fused = groups((g) => {
      const a = g.node('relu', [floatConv(g, g.input('x', image), 'a')], { name: 'relu' });
      return g.node('clip', [floatConv(g, a, 'b')], { name: 'clip', attributes: { maximum: 6 } });
    });
    expect(fused).toEqual([
      ['a', 'relu'],
      ['b', 'clip'],
    ]);
  });

  it('adds a residual that is ready, and clamps the sum', () => {
    const fused = groups((g) => {
      const a = floatConv(g, g.input('x', image), 'a');
      const sum = g.node('add', [floatConv(g, a, 'b'), a], { name: 'sum' });
      return g.node('relu', [sum], { name: 'relu' });
    });
    expect(fused).toEqual([['a'], ['b', 'sum', 'relu']]);
  });

  it('adds into the later of two branches', () => {
    const fused = groups((g) => {
      const x = g.input('x', image);
      const [main, shortcut] = [floatConv(g, x, 'main'), floatConv(g, x, 'shortcut')];
      return g.node('add', [main, shortcut], { name: 'sum' });
    });
    expect(fused).toEqual([['main'], ['shortcut', 'sum']]);
  });

  it('clamps before and after an integer sum, which is requantized in between', () => {
    const fused = groups((g) => {
      const x = g.input('x', integerImage);
      const a = g.node('relu', [integerConv(g, x, 'a')], { name: 'inner', quantization: one });
      const sum = g.node('add', [a, x], { name: 'sum', quantization: other });
      return g.node('relu', [sum], { name: 'outer', quantization: other });
    });
    expect(fused).toEqual([['a', 'inner', 'sum', 'outer']]);
  });

  it('leaves an f32 addition after a clamp alone: the epilogue has one clamp', () => {
    const fused = groups((g) => {
      const x = g.input('x', image);
      const a = g.node('relu', [floatConv(g, x, 'a')], { name: 'relu' });
      return g.node('add', [a, x], { name: 'sum' });
    });
    expect(fused).toEqual([['a', 'relu'], ['sum']]);
  });

  it.each([
    [
      'a value that is read twice',
      (g: GraphBuilder, a: string) =>
        g.node('add', [g.node('relu', [a], { name: 'relu' }), a], { name: 'sum' }),
      [['a'], ['relu'], ['sum']],
    ],
    [
      'a value that is an output',
      (g: GraphBuilder, a: string) => [a, g.node('relu', [a], { name: 'relu' })],
      [['a'], ['relu']],
    ],
    [
      'a value added to itself',
      (g: GraphBuilder, a: string) => g.node('add', [a, a], { name: 'sum' }),
      [['a'], ['sum']],
    ],
  ] as const)('keeps %s', (_what, rest, expected) => {
    expect(groups((g) => rest(g, floatConv(g, g.input('x', image), 'a')))).toEqual(expected);
  });

  it('keeps a relu that changes the quantization', () => {
    const fused = groups((g) => {
      const a = integerConv(g, g.input('x', integerImage), 'a');
      return g.node('relu', [a], { name: 'relu', quantization: other });
    });
    expect(fused).toEqual([['a'], ['relu']]);
  });

  it('keeps a sum that broadcasts', () => {
    const fused = groups((g) => {
      const a = floatConv(g, g.input('x', image), 'a');
      return g.node('add', [a, g.input('y', f32Type([1, 2, 1, 1]))], { name: 'sum' });
    });
    expect(fused).toEqual([['a'], ['sum']]);
  });
});
