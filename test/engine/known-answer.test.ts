import { describe, expect, test } from 'vitest';
import {
  attentionAnswer,
  attentionAnswerGraph,
  attentionAnswerInput,
} from '../../src/engine/kernels/attention-answer-graph.js';
import { relaxedDot } from '../../src/engine/kernels/choose.js';
import { embeddedKernels } from '../../src/engine/kernels/embedded.js';
import { answersCorrectly, fnv1a } from '../../src/engine/kernels/known-answer.js';
import {
  knownAnswer,
  knownAnswerGraph,
  knownAnswerInput,
} from '../../src/engine/kernels/known-answer-graph.js';
import { compileKernels } from '../../src/engine/kernels/source.js';
import {
  spikingAnswer,
  spikingAnswerGraph,
  spikingAnswerInput,
} from '../../src/engine/kernels/spiking-answer-graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { hasExactRelaxedDot } from '../machine.js';

const simd = { variant: 'simd', dot: 'i16' } as const;

describe('the self-test of the kernels', () => {
  test('expects what the reference computes', () => {
    const graph = knownAnswerGraph();
    const x = { dtype: 'u8', shape: graph.inputs[0]?.type.shape ?? [], data: knownAnswerInput() } as const;
    const { y } = interpret(graph, { x });
    expect(fnv1a(y?.data ?? [])).toBe(knownAnswer);
    expect(new Set(y?.data).size).toBeGreaterThan(50);
  });

  test('expects the spikes that the reference computes', () => {
    const graph = spikingAnswerGraph();
    const x = { dtype: 'u8', shape: graph.inputs[0]?.type.shape ?? [], data: spikingAnswerInput() } as const;
    const { y } = interpret(graph, { x });
    expect(fnv1a(y?.data ?? [])).toBe(spikingAnswer);
    expect(new Set(y?.data).size).toBe(2);
  });

  test('expects the attention that the reference computes', () => {
    const graph = attentionAnswerGraph();
    const shape = graph.inputs[0]?.type.shape ?? [];
    const x = { dtype: 'u8', shape, data: attentionAnswerInput() } as const;
    const { y } = interpret(graph, { x });
    expect(fnv1a(y?.data ?? [])).toBe(attentionAnswer);
    expect(new Set(y?.data).size).toBeGreaterThan(100);
  });

  test.each([
    ['spiking', 'simd'],
    ['spiking', 'simd-shared'],
    ['attention', 'simd'],
    ['attention', 'simd-shared'],
  ] as const)('passes for the %s family in %s', async (family, variant) => {
    const load = async (name: 'core' | typeof family) => compileKernels(await embeddedKernels(variant, name));
    const modules = [await load('core'), await load(family)];
    expect(await answersCorrectly(modules, family, simd, variant.endsWith('shared'))).toBe(true);
  });

  test.each(['simd', 'simd-shared'] as const)('passes for %s', async (variant) => {
    const module = await compileKernels(await embeddedKernels(variant));
    expect(await answersCorrectly([module], 'core', simd, variant.endsWith('shared'))).toBe(true);
  });

  test('passes for relaxed where the dot product is exact, and not for the other meaning of it', async () => {
    const dot = relaxedDot();
    const bytes = await embeddedKernels('relaxed');
    const major = Number(process.versions.node.split('.')[0]);
    expect(WebAssembly.validate(bytes as BufferSource)).toBe(major >= 22);
    if (major < 22) return;
    const module = await compileKernels(bytes);
    if (!dot) {
      expect(hasExactRelaxedDot()).toBe(false);
      for (const wrong of ['usdot', 'sdot'] as const) {
        expect(await answersCorrectly([module], 'core', { variant: 'relaxed', dot: wrong }, false)).toBe(
          false,
        );
      }
      return;
    }
    expect(await answersCorrectly([module], 'core', { variant: 'relaxed', dot }, false)).toBe(true);
    const other = dot === 'usdot' ? 'sdot' : 'usdot';
    expect(await answersCorrectly([module], 'core', { variant: 'relaxed', dot: other }, false)).toBe(false);
    expect(await answersCorrectly([module], 'core', simd, false)).toBe(false);
  });

  test('fails for a module whose kernels compute nothing, or that is for other memory', async () => {
    const kernel = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    expect(await answersCorrectly([await compileKernels(new Uint8Array(kernel))], 'core', simd, false)).toBe(
      false,
    );
    expect(
      await answersCorrectly([await compileKernels(await embeddedKernels('simd'))], 'core', simd, true),
    ).toBe(false);
  });
});
