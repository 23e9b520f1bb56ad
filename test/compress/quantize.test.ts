import { describe, expect, it } from 'vitest';
import { type QuantizeOptions, quantize } from '../../src/compress/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { errorOver } from './compare.js';
import { imagesFor, NetBuilder, plain, smallNet } from './nets.js';

const operations = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.op);

describe('the graph that quantize makes', () => {
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
    expect(small.provenance?.quantization).toContain('3 of 8 bits');
  });

  it('says how it was made, and how the float network was', async () => {
    const provenance = { method: 'float', command: 'train --epochs 21', accuracy: '93 %', data: 'train.zip' };
    const graph = { ...smallNet(plain), provenance };
    expect((await quantize(graph, imagesFor(graph, 4))).provenance).toEqual({
      method: 'quantized after training',
      data: 'train.zip',
      floatMethod: 'float',
      floatCommand: 'train --epochs 21',
      floatAccuracy: '93 %',
      quantization: expect.stringContaining('mse of 4 samples'),
    });
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
});
