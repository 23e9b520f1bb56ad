import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patches, reflected } from '../../src/data/cube/patches.js';
import { f32Type } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { convolutional, patchNetwork } from '../../src/scenes/index.js';
import { tileRegions } from '../../src/scenes/tiles.js';
import { noise } from '../compress/nets.js';
import { Layers } from './networks.js';

interface Step {
  readonly kind: 'conv' | 'maxPool' | 'averagePool' | 'slice' | 'relu';
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly dilation: number;
}

interface Shape {
  readonly steps: readonly Step[];
  readonly size: number;
  readonly bands: number;
  readonly head: 'linear' | 'mean';
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('conv', 'maxPool', 'averagePool', 'slice', 'relu'),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  stride: fc.integer({ min: 1, max: 2 }),
  dilation: fc.integer({ min: 1, max: 2 }),
});

const shapes: fc.Arbitrary<Shape> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
  size: fc.constantFrom(5, 7, 9, 11),
  bands: fc.integer({ min: 1, max: 4 }),
  head: fc.constantFrom('linear', 'mean'),
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 10_000 }),
});

/** Adds a step, and gives the value, its channels and its size; a step that does not fit is left out. */
function addStep(
  net: Layers,
  at: { name: string; channels: number; size: readonly [number, number] },
  given: Step,
  i: number,
) {
  const { kernel, stride, dilation } = given;
  const name = `${given.kind}${i}`;
  const reach = kernel.map((side) => (side - 1) * (given.kind === 'averagePool' ? 1 : dilation) + 1);
  const left = at.size.map((side, axis) => Math.floor((side - (reach[axis] ?? 1)) / stride) + 1);
  const size = [left[0] ?? 0, left[1] ?? 0] as const;
  if (given.kind === 'relu') return { ...at, name: net.relu(at.name) };
  if (given.kind === 'slice') {
    const kept = at.size.map((side) => Math.ceil((side - 1) / stride));
    if (kept.some((side) => side < 1)) return at;
    const attributes = { starts: [1, 1], ends: [99, 99], axes: [2, 3], steps: [stride, stride] };
    return {
      ...at,
      name: net.builder.node('slice', [at.name], { name, attributes }),
      size: [kept[0] ?? 1, kept[1] ?? 1] as const,
    };
  }
  if (size.some((side) => side < 1)) return at;
  if (given.kind === 'conv') {
    const options = { strides: [stride, stride], dilations: [dilation, dilation] };
    return { name: net.conv(name, at.name, [3, at.channels, ...kernel], options), channels: 3, size };
  }
  const attributes = { kernel, strides: [stride, stride] };
  const pooled =
    given.kind === 'maxPool'
      ? net.builder.node('maxPool', [at.name], {
          name,
          attributes: { ...attributes, dilations: [dilation, dilation] },
        })
      : net.builder.node('averagePool', [at.name], { name, attributes });
  return { ...at, name: pooled, size };
}

function networkOf({ steps, size, bands, head, seed }: Shape): Graph {
  const net = new Layers('generated', seed);
  let at = {
    name: net.builder.input('patch', f32Type([1, bands, size, size])),
    channels: bands,
    size: [size, size] as readonly [number, number],
  };
  steps.forEach((given, i) => {
    at = addStep(net, at, given, i);
  });
  const isMean = head === 'mean';
  const last = isMean ? net.builder.node('globalAveragePool', [at.name], { name: 'mean' }) : at.name;
  const features = isMean ? at.channels : at.channels * at.size[0] * at.size[1];
  return net.classifier(net.linear('fc', net.reshape('flat', last, [1, features]), [3, features]));
}

const run = (graph: Graph, patch: Tensor): ArrayLike<number> =>
  interpret(graph, { patch })[graph.outputs[0]?.name ?? '']?.data ?? [];

describe('networks of generated layers', () => {
  test('give over a tile what they give patch by patch', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { rows, columns, bands, size, seed } = shape;
        const graph = networkOf(shape);
        const data = noise(seed, rows * columns * bands);
        const cube = { name: 'scene', height: rows, width: columns, bands, data };
        const whole = convolutional(patchNetwork(graph), { rows, columns });
        const reach = (size - 1) / 2;
        const [, , height = 1, width = 1] = whole.inputs[0]?.type.shape ?? [];
        const tile = Float32Array.from({ length: bands * height * width }, (_, i) => {
          const row = reflected((Math.floor(i / width) % height) - reach, rows);
          const column = reflected((i % width) - reach, columns);
          return data[(row * columns + column) * bands + Math.floor(i / width / height)] ?? 0;
        });
        const scores = run(whole, { dtype: 'f32', shape: [1, bands, height, width], data: tile });
        const all = Uint32Array.from({ length: rows * columns }, (_, i) => i);
        const single = patches(cube, all, size, 'planes');
        const area = bands * size * size;
        for (const pixel of all) {
          const patch = single.data.subarray(pixel * area, (pixel + 1) * area);
          const expected = run(graph, { dtype: 'f32', shape: [1, bands, size, size], data: patch });
          for (let i = 0; i < 3; i++) expect(scores[pixel * 3 + i]).toBeCloseTo(expected[i] ?? Number.NaN, 4);
        }
      }),
      { numRuns: 60 },
    );
  });
});

test('tiles cover a scene within its borders', () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(side, side, side, side, (height, width, a, b) => {
      const tile = { rows: Math.min(a, height), columns: Math.min(b, width) };
      const covered = new Uint8Array(height * width);
      for (const { row, column, rows, columns } of tileRegions({ height, width }, tile)) {
        expect([rows, columns]).toEqual([tile.rows, tile.columns]);
        expect(row >= 0 && column >= 0 && row + rows <= height && column + columns <= width).toBe(true);
        for (let y = row; y < row + rows; y++)
          covered.fill(1, y * width + column, y * width + column + columns);
      }
      expect(covered.every((once) => once === 1)).toBe(true);
    }),
  );
});
