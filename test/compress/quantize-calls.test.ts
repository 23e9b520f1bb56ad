import { describe, expect, it } from 'vitest';
import { type QuantizeOptions, quantize } from '../../src/compress/index.js';
import { referenceExecutor } from '../../src/graph/interpret.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { imagesFor, plain, smallNet } from './nets.js';

describe('a call of quantize', () => {
  it('gives the same bytes for the same samples, however they come', async () => {
    const graph = smallNet(plain);
    const samples = imagesFor(graph, 5);
    const options: QuantizeOptions = { weightBits: 4, calibration: 'mse' };
    async function* stream(): AsyncGenerator<{ readonly image: Tensor }> {
      yield* samples;
    }
    const first = await quantize(graph, samples, options);
    expect(await quantize(graph, stream(), options)).toEqual(first);
    expect(await quantize(graph, new Set(samples), options)).toEqual(first);
  });

  it('changes neither graph nor samples', async () => {
    const graph = smallNet(plain);
    const samples = imagesFor(graph, 3);
    const images = samples.map(({ image }) => [...image.data]);
    const weights = [...graph.constants.values()].map(({ data }) => [...data]);
    await quantize(graph, samples, { weightBits: 3 });
    expect(samples.map(({ image }) => [...image.data])).toEqual(images);
    expect([...graph.constants.values()].map(({ data }) => [...data])).toEqual(weights);
  });

  it('reports progress up to the total, and stops when it is told to', async () => {
    const graph = smallNet(plain);
    const samples = imagesFor(graph, 3);
    const seen: { done: number; total: number; stage: string }[] = [];
    await quantize(graph, samples, { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ done }) => done)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([12]));
    expect(seen[0]?.stage).toBe('observe');
    expect(seen.at(-1)?.stage).toBe('weights');

    const controller = new AbortController();
    const stopped = quantize(graph, samples, {
      signal: controller.signal,
      onProgress: ({ done }) => done === 2 && controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('closes what it runs, also when a sample fails', async () => {
    const graph = smallNet(plain);
    let open = 0;
    const executor: QuantizeOptions['executor'] = async (part) => {
      const runnable = await referenceExecutor(part);
      open++;
      return { run: runnable.run, close: () => open-- };
    };
    await quantize(graph, imagesFor(graph, 2), { executor });
    const [good] = imagesFor(graph, 1);
    const bad = { image: { dtype: 'f32', shape: [1], data: new Float32Array(1) } } as const;
    await expect(quantize(graph, [good ?? bad, bad], { executor })).rejects.toThrow("input 'image'");
    expect(open).toBe(0);
  });

  it('refuses samples and options that cannot be', async () => {
    const graph = smallNet(plain);
    const samples = imagesFor(graph, 2);
    const image = { ...(samples[0]?.image as Tensor), data: new Float32Array(50).fill(Number.NaN) };
    await expect(quantize(graph, [])).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(quantize(graph, [{ image }])).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(quantize(graph, [{}])).rejects.toThrow("sample 0, input 'image'");
    const wrong = { weightBit: 4 } as QuantizeOptions;
    await expect(quantize(graph, samples, wrong)).rejects.toMatchObject({ code: 'invalid-option' });
    await expect(quantize(graph, samples, wrong)).rejects.toThrow("did you mean 'weightBits'?");
    await expect(quantize(graph, samples, { percentile: 10 })).rejects.toThrow('percentile');
    await expect(quantize(graph, samples, { layerBits: { conv9: 4 } })).rejects.toThrow('conv1, conv2');
    await expect(quantize(graph, samples, { layerBits: { logitss: 4 } })).rejects.toThrow(
      "layerBits 'logitss': there is no such layer; did you mean 'logits'?",
    );
    const small = await quantize(graph, samples);
    await expect(quantize(small, samples)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
