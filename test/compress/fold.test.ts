import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from '../../src/compress/index.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { convAttributes, f32, imagesFor, NetBuilder, netShapes, smallNet } from './nets.js';

const operations = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.op);

function outputOf(graph: Graph, seed = 7): readonly number[] {
  const [inputs = {}] = imagesFor(graph, 1, seed);
  return [...(Object.values(interpret(graph, inputs))[0]?.data ?? [])];
}

function expectSame(graph: Graph, folded: Graph): void {
  const before = outputOf(graph);
  outputOf(folded).forEach((value, i) => {
    expect(value).toBeCloseTo(before[i] ?? Number.NaN, 4);
  });
}

describe('fold', () => {
  it('computes the same numbers without batch normalizations', () => {
    fc.assert(
      fc.property(netShapes, (shape) => {
        const graph = smallNet(shape);
        const folded = fold(graph);
        expect(operations(folded)).not.toContain('batchNorm');
        expectSame(graph, folded);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the given graph as it is and keeps names, meanings and provenance', () => {
    const graph = smallNet({
      seed: 3,
      channels: 2,
      width: 4,
      size: 4,
      depthwise: false,
      residual: 'add',
      activation: 'relu',
    });
    const weights = [...graph.constants].map(([name, constant]) => [name, [...constant.data]] as const);
    const nodes = JSON.stringify(graph.nodes);
    const folded = fold(graph);
    expect([...graph.constants].map(([name, constant]) => [name, [...constant.data]])).toEqual(weights);
    expect(JSON.stringify(graph.nodes)).toBe(nodes);
    expect(folded.inputs).toEqual(graph.inputs);
    expect(folded.outputs).toEqual(graph.outputs);
    expect(folded.provenance).toEqual(graph.provenance);
    expect(fold(folded)).toEqual(folded);
  });

  it('gives a graph with nothing to fold back as it is', () => {
    const net = new NetBuilder(1);
    const graph = net.graph([1, 2, 3, 3], net.plain('relu', 'out', [net.conv('conv', 'image', [2, 2, 3])]));
    expect(fold(graph)).toBe(graph);
  });

  it('takes additions and multiplications for each channel into the weights', () => {
    const net = new NetBuilder(5);
    const conv = net.conv('conv', 'image', [3, 2, 3]);
    const scaled = net.plain('multiply', 'scaled', [net.random('factor', [3, 1, 1]), conv]);
    const shifted = net.plain('add', 'shifted', [scaled, net.random('shift', [1, 3, 1, 1])]);
    const graph = net.graph([1, 2, 4, 4], net.plain('multiply', 'out', [shifted, net.random('one', [])]));
    const folded = fold(graph);
    expect(operations(folded)).toEqual(['conv']);
    expectSame(graph, folded);
  });

  it('leaves a factor along the wrong axis, and a layer that others read too', () => {
    const net = new NetBuilder(5);
    const conv = net.conv('conv', 'image', [3, 2, 3]);
    const byColumn = net.plain('multiply', 'byColumn', [conv, net.random('factor', [3])]);
    const graph = net.graph([1, 2, 3, 3], net.plain('add', 'out', [byColumn, byColumn]));
    expect(operations(fold(graph))).toEqual(['conv', 'multiply', 'add']);

    const shared = new NetBuilder(6);
    const twice = shared.conv('conv', 'image', [3, 2, 3]);
    const norm = shared.batchNorm('bn', twice, 3);
    const both = shared.graph([1, 2, 3, 3], shared.plain('add', 'out', [norm, twice]));
    expect(operations(fold(both))).toEqual(['conv', 'conv', 'add']);
    expectSame(both, fold(both));
  });

  it('turns a batch normalization that no layer can take in into a convolution of each channel', () => {
    const net = new NetBuilder(2);
    const graph = net.graph([1, 3, 4, 4], net.plain('relu', 'out', [net.batchNorm('bn', 'image', 3)]));
    const folded = fold(graph);
    expect(folded.nodes[0]).toMatchObject({ op: 'conv', attributes: { groups: 3 } });
    expectSame(graph, folded);
  });

  it('computes what depends on constants alone', () => {
    const net = new NetBuilder(9);
    const weight = net.plain('multiply', 'weight', [net.random('raw', [2, 2, 1, 1]), net.random('gain', [])]);
    const node = { op: 'conv', name: 'conv', inputs: ['image', weight], outputs: ['conv'] } as const;
    const graph = net.graph(
      [1, 2, 3, 3],
      net.push({ ...node, attributes: { ...convAttributes, pads: [0, 0, 0, 0] } }),
    );
    const folded = fold(graph);
    expect(operations(folded)).toEqual(['conv']);
    expect([...folded.constants.keys()]).toEqual(['weight']);
    expectSame(graph, folded);
  });

  it('lets convolutions do the zero padding before them', () => {
    const net = new NetBuilder(4);
    const attributes = { pads: [0, 0, 1, 2, 0, 0, 0, 1], mode: 'constant', value: 0 } as const;
    const padded = net.push({ op: 'pad', name: 'pad', inputs: ['image'], outputs: ['padded'], attributes });
    const graph = net.graph([1, 2, 5, 5], net.conv('conv', padded, [2, 2, 3]));
    const folded = fold(graph);
    expect(folded.nodes).toMatchObject([{ op: 'conv', attributes: { pads: [2, 3, 1, 2] } }]);
    expectSame(graph, folded);
  });

  it('keeps padding that is not of zeros', () => {
    const net = new NetBuilder(4);
    const attributes = { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'constant', value: 1 } as const;
    const padded = net.push({ op: 'pad', name: 'pad', inputs: ['image'], outputs: ['padded'], attributes });
    const graph = net.graph([1, 2, 5, 5], net.conv('conv', padded, [2, 2, 3]));
    expect(operations(fold(graph))).toEqual(['pad', 'conv']);
  });

  it('removes nodes that change nothing, also at an output, whose name stays', () => {
    const net = new NetBuilder(4);
    const same = net.push({
      op: 'reshape',
      name: 'same',
      inputs: ['image'],
      outputs: ['same'],
      attributes: { shape: [1, 2, 3, 3] },
    });
    const relu = net.plain('relu', 'first', [net.conv('conv', same, [2, 2, 3])]);
    const graph = net.graph([1, 2, 3, 3], net.plain('relu', 'out', [net.plain('relu', 'second', [relu])]));
    const folded = fold(graph);
    expect(operations(folded)).toEqual(['conv', 'relu']);
    expect(folded.outputs[0]?.name).toBe('out');
    expectSame(graph, folded);
  });

  it('reads a mean over height and width as global average pooling', () => {
    for (const keepDimensions of [true, false]) {
      const net = new NetBuilder(4);
      const attributes = { axes: [3, 2], keepDimensions };
      const mean = {
        op: 'reduceMean',
        name: 'mean',
        inputs: ['image'],
        outputs: ['mean'],
        attributes,
      } as const;
      const graph = net.graph([1, 2, 3, 3], net.push(mean));
      const folded = fold(graph);
      expect(operations(folded)).toEqual(
        keepDimensions ? ['globalAveragePool'] : ['globalAveragePool', 'reshape'],
      );
      expectSame(graph, folded);
    }
  });

  it('joins reshapes and transposes that follow each other', () => {
    const net = new NetBuilder(4);
    const transpose = (name: string, input: string, permutation: readonly number[]): string =>
      net.push({ op: 'transpose', name, inputs: [input], outputs: [name], attributes: { permutation } });
    const graph = net.graph(
      [1, 2, 3, 4],
      transpose('b', transpose('a', 'image', [0, 2, 3, 1]), [0, 2, 3, 1]),
    );
    const folded = fold(graph);
    expect(folded.nodes).toMatchObject([{ op: 'transpose', attributes: { permutation: [0, 3, 1, 2] } }]);
    expectSame(graph, folded);
  });

  it('drops constants and nodes that nothing depends on', () => {
    const net = new NetBuilder(4);
    net.plain('relu', 'unused', ['image']);
    net.random('loose', [5]);
    const graph = net.graph([1, 2, 3, 3], net.plain('sigmoid', 'out', ['image']));
    expect(operations(fold(graph))).toEqual(['sigmoid']);
    expect(fold(graph).constants.size).toBe(0);
  });

  it('keeps weights that two layers share apart', () => {
    const net = new NetBuilder(4);
    const weight = net.random('shared', [2, 2, 1, 1]);
    const attributes = { ...convAttributes, pads: [0, 0, 0, 0] };
    const conv = (name: string, input: string): string =>
      net.push({ op: 'conv', name, inputs: [input, weight], outputs: [name], attributes });
    const first = net.batchNorm('bn', conv('a', 'image'), 2);
    const graph = net.graph([1, 2, 3, 3], conv('b', first));
    const folded = fold(graph);
    expect(operations(folded)).toEqual(['conv', 'conv']);
    expect(folded.constants.get('shared')?.data).toEqual(graph.constants.get('shared')?.data);
    expectSame(graph, folded);
  });

  it('computes folded weights in doubles', () => {
    const net = new NetBuilder(4);
    const conv = net.conv('conv', 'image', [1, 1, 1]);
    net.constants.set('conv.weight', f32([1, 1, 1, 1], Float32Array.of(0.1)));
    const graph = net.graph([1, 1, 1, 1], net.plain('multiply', 'out', [conv, 'third']));
    net.constants.set('third', f32([], Float32Array.of(1 / 3)));
    const expected = Math.fround(Math.fround(0.1) * Math.fround(1 / 3));
    expect(fold(graph).constants.get('conv.weight')?.data[0]).toBe(expected);
  });
});
