import { describe, expect, test } from 'vitest';
import { fromNir } from '../../../src/format/nir/index.js';
import { array, chain, integers, list, type NodeSpec, nirFile } from './nir-file.js';
import { runNir } from './run.js';

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const wave = (count: number): number[] => range(count).map((i) => Math.fround(Math.sin(i * 1.7)));

const run = (node: NodeSpec, inputShape: number[], outputShape: number[], values: number[], steps = 1) =>
  runNir(chain(inputShape, { node }, outputShape), { steps }, values);

describe('stateless nodes', () => {
  test('Affine and Linear multiply by the matrix', async () => {
    const weight = array([2, 3], [1, 2, 3, 4, 5, 6]);
    expect(await run({ type: 'Linear', weight }, [3], [2], [1, 0, -1, 2, 1, 0], 2)).toEqual([-2, -2, 4, 13]);
    const affine = { type: 'Affine', weight, bias: list(10, 20) };
    expect(await run(affine, [3], [2], [1, 0, -1, 2, 1, 0], 2)).toEqual([8, 18, 14, 33]);
  });

  test('Scale multiplies element by element', async () => {
    const scale = array([2, 1, 2], [1, 2, 3, 4]);
    expect(await run({ type: 'Scale', scale }, [2, 1, 2], [2, 1, 2], [1, 1, 1, 1, 2, 2, 2, 2], 2)).toEqual([
      1, 2, 3, 4, 2, 4, 6, 8,
    ]);
  });

  test('Threshold fires above the threshold, or at it where that is asked for', async () => {
    const spec = chain([3], { node: { type: 'Threshold', threshold: list(1, 1, 2) } }, [3]);
    expect(await runNir(spec, { steps: 1 }, [1, 1.5, 1.5])).toEqual([0, 1, 0]);
    expect(await runNir(spec, { steps: 1, inclusive: true }, [1, 1.5, 1.5])).toEqual([1, 1, 0]);
  });

  test('Flatten keeps time; axes count without a batch, or with one where the file was made with it', async () => {
    const flatten = { type: 'Flatten', start_dim: 0, end_dim: -1 };
    const graph = async (node: NodeSpec, shape: number[], flat: number[]) =>
      fromNir(await nirFile(chain(shape, { node }, flat)), { steps: 5 }).nodes[0]?.attributes;
    expect(await graph(flatten, [2, 3, 4], [24])).toEqual({ shape: [5, 24] });
    expect(await graph({ ...flatten, start_dim: 1, end_dim: 2 }, [2, 3, 4], [2, 12])).toEqual({
      shape: [5, 2, 12],
    });
    const batched = { ...flatten, start_dim: 1, input_type: integers(1, 2, 3, 4) };
    expect(await graph(batched, [2, 3, 4], [24])).toEqual({ shape: [5, 24] });
  });

  test('Delay waits whole steps, each element its own', async () => {
    const node = { type: 'Delay', delay: list(0, 0.001, 0.002) };
    const spec = chain([3], { node }, [3]);
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(await runNir(spec, { steps: 3, timeStep: 1e-3 }, values)).toEqual([1, 0, 0, 4, 2, 0, 7, 5, 3]);
  });
});

/** Convolution of [channels, height, width] by the book. */
function convolve(
  x: readonly number[],
  [channels, height, width]: readonly [number, number, number],
  weight: readonly number[],
  [rows, perGroup, tapsY, tapsX]: readonly [number, number, number, number],
  { stride, before, after, dilation, groups }: Record<string, number> & { groups: number },
): number[] {
  const at = (c: number, y: number, column: number): number =>
    y < 0 || column < 0 || y >= height || column >= width ? 0 : (x[(c * height + y) * width + column] ?? 0);
  const [s = 1, p = 0, q = 0, d = 1] = [stride, before, after, dilation];
  const size = (length: number, taps: number): number =>
    Math.floor((length + p + q - d * (taps - 1) - 1) / s) + 1;
  const out: number[] = [];
  for (let o = 0; o < rows; o++) {
    const first = Math.floor(o / (rows / groups)) * perGroup;
    for (let y = 0; y < size(height, tapsY); y++) {
      for (let column = 0; column < size(width, tapsX); column++) {
        let sum = 0;
        for (let i = 0; i < perGroup * tapsY * tapsX; i++) {
          const [c, ky, kx] = [Math.floor(i / (tapsY * tapsX)), Math.floor(i / tapsX) % tapsY, i % tapsX];
          sum +=
            (weight[o * perGroup * tapsY * tapsX + i] ?? 0) *
            at(first + c, y * s - p + ky * d, column * s - p + kx * d);
        }
        out.push(sum);
      }
    }
  }
  expect(channels).toBe(perGroup * groups);
  return out;
}

const close = (actual: readonly number[], expected: readonly number[]): void => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
};

describe('convolutions', () => {
  const x = wave(4 * 6 * 6);
  const base = { stride: 1, before: 0, after: 0, dilation: 1, groups: 1 };

  test.each([
    ['plain', { stride: 1, padding: 0, dilation: 1, groups: 1 }, base, 4],
    [
      'padded, with a stride',
      { stride: 2, padding: 1, dilation: 1, groups: 1 },
      { ...base, stride: 2, before: 1, after: 1 },
      3,
    ],
    ['dilated', { stride: 1, padding: 0, dilation: 2, groups: 1 }, { ...base, dilation: 2 }, 2],
    ['in groups', { stride: 1, padding: 0, dilation: 1, groups: 2 }, { ...base, groups: 2 }, 4],
    [
      "with padding 'same'",
      { stride: 1, padding: 'same', dilation: 1, groups: 1 },
      { ...base, before: 1, after: 1 },
      6,
    ],
    ["with padding 'valid'", { stride: 1, padding: 'valid', dilation: 1, groups: 1 }, base, 4],
  ] as const)('Conv2d, %s', async (_, fields, plain, size) => {
    const shape = [2, 4 / plain.groups, 3, 3] as const;
    const weight = wave(2 * (4 / plain.groups) * 9);
    const node = {
      type: 'Conv2d',
      ...fields,
      input_shape: integers(6, 6),
      weight: array(shape, weight),
      bias: list(0, 0),
    };
    close(await run(node, [4, 6, 6], [2, size, size], x), convolve(x, [4, 6, 6], weight, shape, plain));
  });

  test("Conv2d: padding 'same' puts the odd row behind, as PyTorch does", async () => {
    const weight = wave(2 * 4 * 4);
    const node = {
      type: 'Conv2d',
      stride: 1,
      padding: 'same',
      dilation: 1,
      groups: 1,
      weight: array([2, 4, 2, 2], weight),
    };
    const expected = convolve(x, [4, 6, 6], weight, [2, 4, 2, 2], { ...base, after: 1 });
    close(await run(node, [4, 6, 6], [2, 6, 6], x), expected);
  });

  test('Conv1d', async () => {
    const weight = wave(3 * 2 * 3);
    const node = {
      type: 'Conv1d',
      stride: 1,
      padding: 'same',
      dilation: 1,
      groups: 1,
      input_shape: 5,
      weight: array([3, 2, 3], weight),
      bias: list(1, 2, 3),
    };
    const values = wave(10);
    // A plane of one row: padding above and below would be cut off again.
    const columns = range(3 * 5).map((i) => {
      const [o, at] = [Math.floor(i / 5), i % 5];
      let sum = o + 1;
      for (let c = 0; c < 2; c++) {
        for (let k = 0; k < 3; k++)
          sum +=
            (weight[(o * 2 + c) * 3 + k] ?? 0) *
            (at + k < 1 || at + k > 5 ? 0 : (values[c * 5 + at + k - 1] ?? 0));
      }
      return sum;
    });
    close(await run(node, [2, 5], [3, 5], values), columns);
  });
});

describe('pooling', () => {
  const kernel = { kernel_size: integers(2, 2), stride: integers(2, 2), padding: integers(0, 0) };

  test('SumPool2d adds up', async () => {
    expect(await run({ type: 'SumPool2d', ...kernel }, [1, 2, 4], [1, 1, 2], range(8))).toEqual([10, 18]);
  });

  test('AvgPool2d counts padding', async () => {
    expect(await run({ type: 'AvgPool2d', ...kernel }, [1, 2, 4], [1, 1, 2], range(8))).toEqual([2.5, 4.5]);
    const padded = { type: 'AvgPool2d', ...kernel, padding: integers(1, 1) };
    expect(await run(padded, [1, 2, 2], [1, 2, 2], [4, 8, 12, 16])).toEqual([1, 2, 3, 4]);
  });

  test('sums of spikes stay bytes, and become real numbers before they could overflow', async () => {
    const spikes = { type: 'IF', r: list(1), v_threshold: list(0) };
    const wide = {
      type: 'SumPool2d',
      kernel_size: integers(16, 16),
      stride: integers(16, 16),
      padding: integers(0, 0),
    };
    const graph = fromNir(await nirFile(chain([1, 16, 16], { spikes, wide }, [1, 1, 1])), { steps: 1 });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['lif', 'dequantize', 'sumPool']);
    expect(
      await runNir(chain([1, 16, 16], { spikes, wide }, [1, 1, 1]), { steps: 1 }, new Array(256).fill(1)),
    ).toEqual([256]);
    const narrow = fromNir(
      await nirFile(chain([1, 2, 4], { spikes, node: { type: 'SumPool2d', ...kernel } }, [1, 1, 2])),
      { steps: 1 },
    );
    expect(narrow.nodes.map(({ op }) => op)).toEqual(['lif', 'sumPool']);
  });
});

describe('inputs', () => {
  test('are whole numbers where that is asked for', async () => {
    const spec = chain([3], { node: { type: 'Linear', weight: array([1, 3], [0.5, 1, 2]) } }, [1]);
    const graph = fromNir(await nirFile(spec), { steps: 1, inputType: 'u8' });
    expect(graph.inputs[0]?.type).toEqual({
      dtype: 'u8',
      shape: [1, 3],
      quantization: { scale: 1, zeroPoint: 0 },
    });
    expect(await runNir(spec, { steps: 1, inputType: 'u8' }, [3, 2, 1])).toEqual([5.5]);
  });

  test('that meet are added up', async () => {
    const spec = {
      nodes: {
        in: { type: 'Input', shape: integers(2) },
        a: { type: 'Scale', scale: list(2, 3) },
        b: { type: 'Scale', scale: list(10, 10) },
        out: { type: 'Output', shape: integers(2) },
      },
      edges: [
        ['in', 'a'],
        ['in', 'b'],
        ['in', 'out'],
        ['a', 'out'],
        ['b', 'out'],
      ],
    } as const;
    expect(await runNir(spec, { steps: 1 }, [1, 2])).toEqual([13, 28]);
  });

  test('and outputs can be several, each under its name', async () => {
    const spec = {
      nodes: {
        left: { type: 'Input', shape: integers(1) },
        right: { type: 'Input', shape: integers(2) },
        a: { type: 'Scale', scale: list(2) },
        b: { type: 'Scale', scale: list(3, 4) },
        one: { type: 'Output', shape: integers(1) },
        two: { type: 'Output', shape: integers(2) },
      },
      edges: [
        ['left', 'a'],
        ['right', 'b'],
        ['a', 'one'],
        ['b', 'two'],
      ],
    } as const;
    const graph = fromNir(await nirFile(spec), { steps: 1 });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['left', 'right']);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  test('take their shape from an option where the file has sizes of 1 too many', async () => {
    const spec = chain([1, 4, 6, 6], { node: { type: 'Flatten', start_dim: 0, end_dim: -1 } }, [144]);
    const graph = fromNir(await nirFile(spec), { steps: 2, inputShape: [4, 6, 6] });
    expect(graph.inputs[0]?.type.shape).toEqual([2, 4, 6, 6]);
  });
});
