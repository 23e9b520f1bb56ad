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
