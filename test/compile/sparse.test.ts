import { describe, expect, it } from 'vitest';
import type { Target } from '../../src/compile/plan.js';
import { layerGraph, type Pattern } from '../../tools/bench/sparse/pruned.js';
import { compileAny } from './compile-any.js';

const targets: readonly Target[] = [
  { variant: 'relaxed', dot: 'usdot' },
  { variant: 'relaxed', dot: 'sdot' },
  { variant: 'simd', dot: 'i16' },
];

const shape = { channels: 128, outChannels: 128, size: 16, kernel: 3, stride: 1 } as const;

function kernelsOf(target: Target, density: number, pattern: Pattern, bits: 8 | 4 = 8): readonly string[] {
  const { steps } = compileAny(layerGraph(shape, density, pattern, bits), target);
  return steps.map(({ kernel }) => kernel).filter((kernel) => /conv|sparse|grouped/.test(kernel));
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
});
