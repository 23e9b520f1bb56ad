import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, type QuantizeOptions, quantize } from '../../src/compress/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret, referenceExecutor } from '../../src/graph/interpret.js';
import { dequantize } from '../../src/graph/quantized.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { inferTypes } from '../../src/graph/types.js';
import { imagesFor, NetBuilder, type NetShape, netShapes, smallNet } from './nets.js';

const plain: NetShape = {
  seed: 11,
  channels: 2,
  width: 4,
  size: 5,
  depthwise: false,
  residual: 'add',
  activation: 'relu',
};

const operations = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.op);

const run = (graph: Graph, inputs: Readonly<Record<string, Tensor>>): readonly number[] => [
  ...(interpret(graph, inputs)[graph.outputs[0]?.name ?? '']?.data ?? []),
];

/** Root mean square of the difference of two graphs' outputs, and of the first one's. */
function errorOver(
  graph: Graph,
  other: Graph,
  samples: readonly { readonly image: Tensor }[],
): [number, number] {
  let error = 0;
  let power = 0;
  for (const sample of samples) {
    const expected = run(graph, sample);
    run(other, sample).forEach((value, i) => {
      error += (value - (expected[i] ?? 0)) ** 2;
      power += (expected[i] ?? 0) ** 2;
    });
  }
  return [Math.sqrt(error), Math.sqrt(power)];
}

describe('quantize', () => {
  it('stays close to the float graph, whatever the network', async () => {
    await fc.assert(
      fc.asyncProperty(netShapes, async (shape) => {
        const graph = smallNet(shape);
        const samples = imagesFor(graph, 12);
        const small = await quantize(graph, samples, { calibration: 'minmax' });
        const [error, power] = errorOver(graph, small, samples);
        expect(error).toBeLessThan(0.06 * power);
      }),
      { numRuns: 40 },
    );
  });

  it('is a well-formed graph that represents zero exactly and has positive scales', async () => {
    const calibrations = fc.constantFrom<QuantizeOptions['calibration']>('minmax', 'percentile', 'mse');
    const widths = fc.constantFrom<QuantizeOptions['weightBits']>(2, 3, 4, 8);
    await fc.assert(
      fc.asyncProperty(netShapes, calibrations, widths, async (shape, calibration, weightBits) => {
        const graph = smallNet(shape);
        const small = await quantize(graph, imagesFor(graph, 4), { calibration, weightBits });
        for (const type of inferTypes(small).values()) {
          if (type.dtype !== 'u8') continue;
          const { scale, zeroPoint } = type.quantization ?? { scale: Number.NaN, zeroPoint: Number.NaN };
          expect(scale).toBeGreaterThan(0);
          expect(scale).toBe(Math.fround(scale));
          expect(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255).toBe(true);
          expect(dequantize(zeroPoint, { scale, zeroPoint })).toBe(0);
        }
        for (const { data, quantization } of small.constants.values()) {
          if (!quantization) continue;
          const { bits, scales } = quantization;
          expect(scales.every((scale) => scale > 0 && Number.isFinite(scale))).toBe(true);
          expect(data.every((q) => q >= -(2 ** (bits - 1)) && q < 2 ** (bits - 1))).toBe(true);
        }
      }),
      { numRuns: 24 },
    );
  });

  it('absorbs relus, shares quantizations, and keeps the interface', async () => {
    const graph = smallNet(plain);
    const small = await quantize(graph, imagesFor(graph, 4));
    expect(operations(small)).toEqual([
      'quantize',
      'conv',
      'conv',
      'add',
      'globalAveragePool',
      'reshape',
      'linear',
      'dequantize',
    ]);
    expect(small.inputs).toEqual(graph.inputs);
    expect(small.outputs).toEqual(graph.outputs);
    expect(small.nodes[1]?.quantization?.zeroPoint).toBe(0);
    expect(small.provenance?.method).toBe('test');
    expect(small.provenance?.quantization).toContain('3 of 8 bits');
  });

  it('keeps a relu as a node where others read what comes before it', async () => {
    const net = new NetBuilder(3);
    const conv = net.conv('conv', 'image', [3, 2, 3]);
    const both = net.plain('add', 'both', [conv, net.plain('relu', 'positive', [conv])]);
    const graph = net.graph([1, 2, 4, 4], both);
    const samples = imagesFor(graph, 6);
    const small = await quantize(graph, samples, { calibration: 'minmax' });
    expect(operations(small)).toEqual(['quantize', 'conv', 'relu', 'add', 'dequantize']);
    const [error, power] = errorOver(graph, small, samples);
    expect(error).toBeLessThan(0.03 * power);
  });

  it('requantizes the input of a concatenation that sharing would harm', async () => {
    const net = new NetBuilder(3);
    const small = net.plain('relu', 'small', [net.conv('conv1', 'image', [2, 2, 3])]);
    const large = net.conv('conv2', 'image', [2, 2, 3]);
    const joined = net.push({
      op: 'concat',
      name: 'joined',
      inputs: [small, large],
      outputs: ['joined'],
      attributes: { axis: 1 },
    });
    const graph = net.graph([1, 2, 4, 4], net.conv('conv3', joined, [2, 4, 1]));
    const samples = imagesFor(graph, 6);
    const quantized = await quantize(graph, samples, { calibration: 'minmax' });
    expect(operations(quantized)).toEqual([
      'quantize',
      'conv',
      'conv',
      'requantize',
      'concat',
      'conv',
      'dequantize',
    ]);
    const [error, power] = errorOver(graph, quantized, samples);
    expect(error).toBeLessThan(0.03 * power);
  });

  it('computes what has no integer form in f32', async () => {
    const net = new NetBuilder(3);
    const conv = net.conv('conv', 'image', [3, 2, 3]);
    const power = net.push({ op: 'exp', name: 'exp', inputs: [conv], outputs: ['exp'], attributes: {} });
    const graph = net.graph([1, 2, 4, 4], net.conv('last', power, [2, 3, 1]));
    const small = await quantize(graph, imagesFor(graph, 4));
    expect(operations(small)).toEqual([
      'quantize',
      'conv',
      'dequantize',
      'exp',
      'quantize',
      'conv',
      'dequantize',
    ]);
  });

  it('leaves the tail of a network that only f32 can compute as it is', async () => {
    const net = new NetBuilder(3);
    const conv = net.conv('conv', 'image', [3, 2, 3]);
    const soft = net.push({
      op: 'softmax',
      name: 'soft',
      inputs: [conv],
      outputs: ['soft'],
      attributes: { axis: 1 },
    });
    const flat = { op: 'reshape', name: 'flat', inputs: [soft], outputs: ['flat'] } as const;
    const graph = net.graph([1, 2, 2, 2], net.push({ ...flat, attributes: { shape: [1, 12] } }));
    const small = await quantize(graph, imagesFor(graph, 4));
    expect(operations(small)).toEqual(['quantize', 'conv', 'dequantize', 'softmax', 'reshape']);
  });

  it('gives images the range that their meaning says', async () => {
    const graph = smallNet({ ...plain, channels: 3 });
    const meaning = {
      kind: 'image',
      channels: 'rgb',
      mean: [0.5, 0.4, 0.3],
      std: [0.25, 0.2, 0.25],
    } as const;
    const images = { ...graph, inputs: graph.inputs.map((input) => ({ ...input, meaning })) };
    const small = await quantize(images, imagesFor(graph, 2));
    expect(small.nodes[0]?.quantization).toEqual({ scale: Math.fround(5 / 255), zeroPoint: 102 });
  });

  it('honours bits by layer, and keeps first and last layers at 8 bits unless told otherwise', async () => {
    const graph = smallNet(plain);
    const samples = imagesFor(graph, 4);
    const bitsOf = async (options: QuantizeOptions): Promise<readonly (number | undefined)[]> => {
      const small = await quantize(graph, samples, options);
      return ['conv1.weight', 'conv2.weight', 'logits.weight'].map(
        (name) => small.constants.get(name)?.quantization?.bits,
      );
    };
    expect(await bitsOf({ weightBits: 4 })).toEqual([8, 4, 8]);
    expect(await bitsOf({ weightBits: 2, edgeBits: 4 })).toEqual([4, 2, 4]);
    expect(await bitsOf({ weightBits: 4, layerBits: { conv1: 3, conv2: 8 } })).toEqual([3, 8, 8]);
    expect(await bitsOf({})).toEqual([8, 8, 8]);
  });

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

  it('loses less below 8 bits when rounding is compensated and biases are corrected', async () => {
    let plainError = 0;
    let compensatedError = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const graph = smallNet({ ...plain, seed: seed * 100, width: 6, size: 6 });
      const samples = imagesFor(graph, 24);
      const options: QuantizeOptions = { weightBits: 3, edgeBits: 3, calibration: 'minmax' };
      const nearest = await quantize(graph, samples, {
        ...options,
        rounding: 'nearest',
        biasCorrection: false,
      });
      const compensated = await quantize(graph, samples, options);
      plainError += errorOver(graph, nearest, samples)[0];
      compensatedError += errorOver(graph, compensated, samples)[0];
    }
    expect(compensatedError).toBeLessThan(0.7 * plainError);
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
    await expect(quantize(graph, samples, { percentile: 10 })).rejects.toThrow('percentile');
    await expect(quantize(graph, samples, { layerBits: { conv9: 4 } })).rejects.toThrow('conv1, conv2');
    const small = await quantize(graph, samples);
    await expect(quantize(small, samples)).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('has biases that fit, also for channels without weights', async () => {
    const net = new NetBuilder(3);
    const conv = net.batchNorm('bn', net.conv('conv', 'image', [2, 1, 3]), 2);
    const graph = net.graph([1, 1, 3, 3], net.plain('relu', 'out', [conv]));
    net.constants.get('conv.weight')?.data.fill(0, 0, 9);
    net.constants.get('bn.bias')?.data.set([5, 3]);
    const samples = imagesFor(graph, 4);
    const small = await quantize(graph, samples);
    const [error, power] = errorOver(fold(graph), small, samples);
    expect(error).toBeLessThan(0.02 * power);
  });
});
