import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization, weightConstant } from '../../../src/graph/builder.js';
import { elementCount } from '../../../src/graph/tensor.js';
import { bytes, constant, expectNearest, f32, floats, reals, runNode, u8, values } from '../run.js';

interface Case {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** Convolution by its definition: one sum over channels and window for each output element. */
function convolve(
  c: Case,
  x: readonly number[],
  weight: readonly number[],
  bias: readonly number[],
): number[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = c.x;
  const [outChannels = 0, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = c.weight;
  const size = (axis: 0 | 1, input: number, kernel: number): number => {
    const reach = (kernel - 1) * (c.dilations[axis] ?? 1) + 1;
    const padded = input + (c.pads[axis] ?? 0) + (c.pads[axis + 2] ?? 0);
    return Math.floor((padded - reach) / (c.strides[axis] ?? 1)) + 1;
  };
  const result: number[] = [];
  const at = (n: number, ch: number, y: number, xx: number): number =>
    y < 0 || y >= height || xx < 0 || xx >= width
      ? 0
      : (x[((n * channels + ch) * height + y) * width + xx] ?? 0);
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outChannels; o++)
      for (let oy = 0; oy < size(0, height, kernelHeight); oy++)
        for (let ox = 0; ox < size(1, width, kernelWidth); ox++) {
          let sum = bias[o] ?? 0;
          const group = Math.floor(o / (outChannels / c.groups));
          for (let i = 0; i < perGroup; i++)
            for (let ky = 0; ky < kernelHeight; ky++)
              for (let kx = 0; kx < kernelWidth; kx++) {
                const y = oy * (c.strides[0] ?? 1) - (c.pads[0] ?? 0) + ky * (c.dilations[0] ?? 1);
                const xx = ox * (c.strides[1] ?? 1) - (c.pads[1] ?? 0) + kx * (c.dilations[1] ?? 1);
                const w = weight[((o * perGroup + i) * kernelHeight + ky) * kernelWidth + kx] ?? 0;
                sum += w * at(n, group * perGroup + i, y, xx);
              }
          result.push(sum);
        }
  return result;
}

const upTo = (greatest: number, least = 1): fc.Arbitrary<number> => fc.integer({ min: least, max: greatest });

const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: upTo(2),
    groups: upTo(3),
    perGroup: upTo(3),
    outPerGroup: upTo(3),
    size: fc.tuple(upTo(7, 3), upTo(7, 3)),
    kernel: fc.tuple(upTo(3), upTo(3)),
    strides: fc.tuple(upTo(3), upTo(3)),
    pads: fc.tuple(upTo(3, 0), upTo(3, 0), upTo(3, 0), upTo(3, 0)),
    dilations: fc.tuple(upTo(2), upTo(2)),
  })
  .filter(({ size, kernel, pads, dilations }) =>
    ([0, 1] as const).every(
      (a) => size[a] + pads[a] + pads[a === 0 ? 2 : 3] >= (kernel[a] - 1) * dilations[a] + 1,
    ),
  )
  .map(({ batch, groups, perGroup, outPerGroup, size, kernel, strides, pads, dilations }) => ({
    x: [batch, groups * perGroup, ...size],
    weight: [groups * outPerGroup, perGroup, ...kernel],
    strides,
    pads,
    dilations,
    groups,
  }));

const volume = f32([1, 1, 1, 1, 1], [1]);

const volumes: fc.Arbitrary<Case> = fc
  .record({
    c: cases,
    depth: upTo(6, 3),
    taps: upTo(3),
    stride: upTo(3),
    before: upTo(2, 0),
    after: upTo(2, 0),
    dilation: upTo(2),
  })
  .filter(({ depth, taps, before, after, dilation }) => depth + before + after > (taps - 1) * dilation)
  .map(({ c, depth, taps, stride, before, after, dilation }) => ({
    x: [...c.x.slice(0, 2), depth, ...c.x.slice(2)],
    weight: [...c.weight.slice(0, 2), taps, ...c.weight.slice(2)],
    strides: [stride, ...c.strides],
    pads: [before, ...c.pads.slice(0, 2), after, ...c.pads.slice(2)],
    dilations: [dilation, ...c.dilations],
    groups: c.groups,
  }));

/** Elements of one index of axis 2. */
function sliceOf(shape: readonly number[], data: readonly number[], index: number): number[] {
  const [size = 0, inner] = [shape[2], elementCount(shape.slice(3))];
  return data.filter((_, i) => Math.floor(i / inner) % size === index);
}

/** A convolution over [n, c, d, h, w] as a sum of those of its slices. */
function convolveVolume(c: Case, x: readonly number[], weight: readonly number[]): number[] {
  const flat = (list: readonly number[]): number[] => list.filter((_, i) => i !== 2);
  const ofSlice: Case = {
    ...{ x: flat(c.x), weight: flat(c.weight), groups: c.groups },
    ...{ strides: c.strides.slice(1), dilations: c.dilations.slice(1) },
    pads: c.pads.filter((_, i) => i % 3 > 0),
  };
  const [depth = 0, taps = 0, stride = 1, dilation = 1] = [c.x[2], c.weight[2], c.strides[0], c.dilations[0]];
  const [before = 0, , , after = 0] = c.pads;
  const outDepth = Math.floor((depth + before + after - (taps - 1) * dilation - 1) / stride) + 1;
  const slices = Array.from({ length: outDepth }, (_, oz) => {
    const terms = Array.from({ length: taps }, (__, kz) => {
      const z = oz * stride - before + kz * dilation;
      const values = z >= 0 && z < depth ? sliceOf(c.x, x, z) : sliceOf(c.x, x, 0).map(() => 0);
      return convolve(ofSlice, values, sliceOf(c.weight, weight, kz), []);
    });
    return terms.reduce((sum, term) => sum.map((value, i) => value + (term[i] ?? 0)));
  });
  const planes = (c.x[0] ?? 0) * (c.weight[0] ?? 0);
  const perPlane = (slices[0]?.length ?? 0) / planes;
  return Array.from({ length: planes }, (_, plane) =>
    slices.flatMap((values) => values.slice(plane * perPlane, (plane + 1) * perPlane)),
  ).flat();
}

const attributesOf = ({ strides, pads, dilations, groups }: Case) => ({ strides, pads, dilations, groups });

describe('conv', () => {
  test('a 2x2 kernel over a 3x3 image', () => {
    const y = runNode('conv', [
      f32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
      f32([1, 1, 2, 2], [1, 10, 100, 1000]),
      f32([1], [0.5]),
    ]);
    expect(y.shape).toEqual([1, 1, 2, 2]);
    expect(values(y)).toEqual([5421.5, 6532.5, 8754.5, 9865.5]);
  });

  test('padding of a 1x1 kernel adds a border of bias', () => {
    const y = runNode('conv', [f32([1, 1, 1, 1], [3]), f32([1, 1, 1, 1], [2]), f32([1], [7])], {
      attributes: { pads: [1, 1, 1, 1] },
    });
    expect(y.shape).toEqual([1, 1, 3, 3]);
    expect(values(y)).toEqual([7, 7, 7, 7, 13, 7, 7, 7, 7]);
  });

  test('depthwise: every channel has its own kernel', () => {
    const y = runNode('conv', [f32([1, 2, 1, 2], [1, 2, 3, 4]), f32([2, 1, 1, 2], [1, 1, 10, -10])], {
      attributes: { groups: 2 },
    });
    expect(values(y)).toEqual([3, -10]);
  });

  test('a 2x1x2 kernel over a volume of three slices, every second one', () => {
    const y = runNode(
      'conv',
      [f32([1, 1, 3, 1, 2], [1, 2, 3, 4, 5, 6]), f32([1, 1, 2, 1, 2], [1, 10, 100, 1000]), f32([1], [0.5])],
      { attributes: { strides: [2, 1, 1], pads: [1, 0, 0, 0, 0, 0], dilations: [1, 1, 1] } },
    );
    expect(y.shape).toEqual([1, 1, 2, 1, 1]);
    expect(values(y)).toEqual([2100.5, 6543.5]);
  });

  test.each([
    ['strides', { strides: [1, 1], pads: [0, 0, 0, 0, 0, 0], dilations: [1, 1, 1] }],
    ['pads', { strides: [1, 1, 1], pads: [0, 0, 0, 0], dilations: [1, 1, 1] }],
    ['dilations', { strides: [1, 1, 1], pads: [0, 0, 0, 0, 0, 0] }],
  ])('%s of an image do not fit a volume', (_, attributes) => {
    const run = () => runNode('conv', [volume, f32([1, 1, 1, 1, 1], [1])], { attributes });
    expect(run).toThrow(/a stride, a dilation and two pads for each of 3 spatial axes/);
  });

  test('a weight of another rank, or a value without two or three spatial axes, is refused', () => {
    expect(() => runNode('conv', [volume, f32([1, 1, 1, 1], [1])])).toThrow(/expects NCHW .* or NCDHW/);
    expect(() => runNode('conv', [f32([1, 1, 2], [1, 2]), f32([1, 1, 1], [1])])).toThrow(/or NCDHW/);
  });

  test('slices, each with a kernel of its own, add up to a convolution of volumes', () => {
    const withData = volumes.chain((c) =>
      fc.tuple(fc.constant(c), floats(elementCount(c.x)), floats(elementCount(c.weight))),
    );
    fc.assert(
      fc.property(withData, ([c, x, weight]) => {
        const operands = [f32(c.x, x), f32(c.weight, weight)];
        const y = runNode('conv', operands, { attributes: attributesOf(c) });
        expect(values(y)).toEqual(convolveVolume(c, x, weight).map(Math.fround));
      }),
    );
  });

  test('f32 is the definition for all strides, pads, dilations and groups', () => {
    const withData = cases.chain((c) =>
      fc.tuple(
        fc.constant(c),
        floats(elementCount(c.x)),
        floats(elementCount(c.weight)),
        floats(c.weight[0] ?? 1),
      ),
    );
    fc.assert(
      fc.property(withData, ([c, x, weight, bias]) => {
        const operands = [f32(c.x, x), f32(c.weight, weight), f32([bias.length], bias)];
        const y = runNode('conv', operands, { attributes: attributesOf(c) });
        expect(values(y)).toEqual(convolve(c, x, weight, bias).map(Math.fround));
      }),
    );
  });

  test('integers are the nearest to the real convolution; padding is real zero', () => {
    const withData = cases.chain((c) =>
      fc.record({
        c: fc.constant(c),
        x: bytes(elementCount(c.x)),
        weight: fc.array(fc.integer({ min: -8, max: 7 }), {
          minLength: elementCount(c.weight),
          maxLength: elementCount(c.weight),
        }),
        zero: fc.integer({ min: 0, max: 255 }),
        outZero: fc.integer({ min: 0, max: 255 }),
        bias: fc.array(fc.integer({ min: -5000, max: 5000 }), {
          minLength: c.weight[0] ?? 1,
          maxLength: c.weight[0] ?? 1,
        }),
      }),
    );
    fc.assert(
      fc.property(withData, ({ c, x, weight, zero, outZero, bias }) => {
        const qx = quantization(0.02, zero);
        const qy = quantization(0.3, outZero);
        const scales = Float32Array.from(bias, (_, o) => 0.01 * (o + 1));
        const perChannel = weight.length / bias.length;
        const operands = [
          u8(c.x, x, qx),
          constant(weightConstant(c.weight, weight, scales, 4)),
          constant({ dtype: 'i32', shape: [bias.length], data: Int32Array.from(bias) }),
        ];
        const y = runNode('conv', operands, { attributes: attributesOf(c), quantization: qy });
        const expected = convolve(
          c,
          reals(x, qx),
          weight.map((w, i) => w * (scales[Math.floor(i / perChannel)] ?? 0)),
          bias.map((b, o) => b * qx.scale * (scales[o] ?? 0)),
        );
        expectNearest(y.data, expected, qy);
      }),
    );
  });
});
