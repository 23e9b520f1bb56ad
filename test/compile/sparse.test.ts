import { describe, expect, it } from 'vitest';
import type { Target } from '../../src/compile/plan.js';
import type { Graph } from '../../src/graph/graph.js';
import { layerGraph, linearGraph, type Pattern } from '../../tools/bench/sparse/pruned.js';
import { compileAny } from './compile-any.js';

const targets: readonly Target[] = [
  { variant: 'relaxed', dot: 'usdot' },
  { variant: 'relaxed', dot: 'sdot' },
  { variant: 'simd', dot: 'i16' },
];

const shape = { channels: 128, outChannels: 128, size: 16, kernel: 3, stride: 1 } as const;

const kernelsOf = (target: Target, density: number, pattern: Pattern, bits: 8 | 4 = 8): readonly string[] =>
  weightedKernels(layerGraph(shape, density, pattern, bits), target);

function weightedKernels(graph: Graph, target: Target): readonly string[] {
  const { steps } = compileAny(graph, target);
  return steps.map(({ kernel }) => kernel).filter((kernel) => /conv|sparse|grouped|gathered/.test(kernel));
}

describe.each(targets)('the choice of a convolution kernel for $variant/$dot', (target) => {
  it('is dense where every weight counts', () => {
    expect(kernelsOf(target, 1, 'irregular')).toEqual(['u8i8_conv_6x8']);
    expect(kernelsOf(target, 1, 'irregular', 4)).toEqual(['u8i4_conv_6x8']);
    expect(kernelsOf(target, 0.7, 'irregular')).toEqual(['u8i8_conv_6x8']);
  });

  it('is irregular for a layer that is pruned to 5 % anywhere', () => {
    expect(kernelsOf(target, 0.05, 'irregular')).toEqual(['u8i8_sparse_1x32']);
    expect(kernelsOf(target, 0.05, 'irregular', 4)).toEqual(['u8i8_sparse_1x32']);
  });

  it('is grouped for a layer of which 10 % of the groups of four input channels are left', () => {
    expect(kernelsOf(target, 0.1, 'grouped')).toEqual(['u8i8_grouped_1x32']);
  });

  it.each([
    [[512, 10], 0.1, 'irregular'],
    [[512, 512], 0.1, 'irregular'],
    [[2048, 512], 0.02, 'irregular'],
    [[512, 512], 0.3, 'grouped'],
    [[2048, 512], 0.05, 'grouped'],
  ] as const)('gathers the input of a fully connected layer %j of one row at density %d, %s', (features, density, pattern) => {
    expect(weightedKernels(linearGraph(features, density, pattern), target)).toEqual(['u8i8_gathered_1x8']);
  });

  it('is dense for a fully connected layer whose groups would take more memory', () => {
    expect(weightedKernels(linearGraph([512, 512], 0.5, 'irregular'), target)).toEqual(['u8i8_conv_6x8']);
    expect(weightedKernels(linearGraph([512, 512], 0.75, 'grouped'), target)).toEqual(['u8i8_conv_6x8']);
  });
});
