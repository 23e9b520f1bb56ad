import { describe } from 'vitest';
import { type Case, compareCases, type Source, single } from './cases.js';
import { type AttributeSpec, float, int64 } from './onnx-writer.js';

type Attributes = Readonly<Record<string, AttributeSpec>>;

interface WindowCase {
  readonly kernel: readonly [number, number];
  readonly size: readonly [number, number];
  readonly attributes: Attributes;
}

/**
 * Strides, dilations and pads, given or automatic, with an input that the window fits in. onnxruntime refuses or
 * miscounts `SAME` with dilations and with strides beyond the kernel, so these stay out.
 */
function windowCase(source: Source, dilated = true): WindowCase {
  const automatic = source.pick('', '', 'SAME_UPPER', 'SAME_LOWER', 'VALID', 'NOTSET');
  const same = automatic.startsWith('SAME');
  const kernel = [source.integer(1, 3), source.integer(1, 4)] as const;
  const dilations = dilated && !same ? [source.integer(1, 2), source.integer(1, 2)] : [1, 1];
  const reach = kernel.map((size, i) => (size - 1) * (dilations[i] ?? 1) + 1);
  const size = [source.integer(0, 5) + (reach[0] ?? 1), source.integer(0, 5) + (reach[1] ?? 1)] as const;
  const attributes: Record<string, AttributeSpec> = {
    strides: { ints: kernel.map((k) => source.integer(1, same ? k : 3)) },
    ...(dilated && { dilations: { ints: dilations } }),
  };
  if (automatic) attributes.auto_pad = { text: automatic };
  const limits = kernel.map((k) => k - 1);
  if (automatic === '' || automatic === 'NOTSET') {
    attributes.pads = { ints: [...limits, ...limits].map((limit) => source.integer(0, limit)) };
  }
  return { kernel, size, attributes };
}

function conv(source: Source): Case {
  const groups = source.integer(1, 3);
  const perGroup = source.integer(1, 3);
  const channels = groups * source.integer(1, 3);
  const { kernel, size, attributes } = windowCase(source);
  const x = source.f32([source.integer(1, 2), groups * perGroup, ...size]);
  const shape = [channels, perGroup, ...kernel];
  const weight = float(shape, source.reals(shape.reduce((n, d) => n * d, 1)));
  const bias = float([channels], source.reals(channels));
  const operands = source.integer(0, 1) ? [x, weight] : [x, weight, bias];
  return single({ operator: 'Conv', operands, attributes: { ...attributes, group: { int: groups } } });
}

/** A convolution over one or three spatial axes, with pads given or automatic. */
function spatialConv(axes: 1 | 3, source: Source): Case {
  const along = (least: number, greatest: number): number[] =>
    Array.from({ length: axes }, () => source.integer(least, greatest));
  const groups = source.integer(1, 2);
  const [perGroup, outPerGroup] = [source.integer(1, 3), source.integer(1, 3)];
  const kernel = along(1, 3);
  const size = along(5, 7);
  const x = source.f32([source.integer(1, 2), groups * perGroup, ...size]);
  const shape = [groups * outPerGroup, perGroup, ...kernel];
  const weight = float(shape, source.reals(shape.reduce((n, d) => n * d, 1)));
  const bias = float([groups * outPerGroup], source.reals(groups * outPerGroup));
  const pads: Attributes = source.pick<Attributes>(
    { pads: { ints: [...along(0, 2), ...along(0, 2)] } },
    { auto_pad: { text: 'SAME_LOWER' } },
    { kernel_shape: { ints: kernel } },
  );
  const steps: Attributes = pads.auto_pad
    ? {}
    : { strides: { ints: along(1, 3) }, dilations: { ints: along(1, 2) } };
  const attributes = { ...pads, ...steps, group: { int: groups } };
  return single({ operator: 'Conv', operands: [x, weight, bias], attributes });
}

function pool(operator: 'MaxPool' | 'AveragePool', source: Source): Case {
  const { kernel, size, attributes } = windowCase(source, operator === 'MaxPool');
  const extra: Attributes =
    operator === 'AveragePool' ? { count_include_pad: { int: source.integer(0, 1) } } : {};
  const roundUp: Attributes = attributes.auto_pad ? {} : { ceil_mode: { int: source.integer(0, 1) } };
  return single({
    operator,
    operands: [source.f32([1, source.integer(1, 3), ...size])],
    attributes: { kernel_shape: { ints: kernel }, ...attributes, ...extra, ...roundUp },
  });
}

function gemm(source: Source): Case {
  const [rows, inner, columns] = [source.integer(1, 4), source.integer(1, 9), source.integer(1, 6)];
  const [transA, transB] = [source.integer(0, 1), source.integer(0, 1)];
  const a = source.f32(transA ? [inner, rows] : [rows, inner]);
  const shapeB = transB ? [columns, inner] : [inner, columns];
  const b = source.integer(0, 1) ? source.f32(shapeB) : float(shapeB, source.reals(inner * columns));
  const biases = [[columns], [1, columns], [1], [], [rows, columns], [rows, 1]] as const;
  const shapeC = biases[source.integer(0, biases.length - 1)] ?? [];
  const c = float(shapeC, source.reals(shapeC.reduce((n: number, d) => n * d, 1)));
  return single({
    operator: 'Gemm',
    operands: source.pick<Case['model'] extends never ? never : readonly (typeof a | typeof c)[]>(
      [a, b],
      [a, b, c],
    ),
    attributes: {
      alpha: { float: source.pick(1, 0.5) },
      beta: { float: source.pick(1, 2) },
      transA: { int: transA },
      transB: { int: transB },
    },
  });
}

function matmul(source: Source): Case {
  const [rows, inner, columns] = [source.integer(1, 4), source.integer(1, 9), source.integer(1, 6)];
  const batch = source.integer(1, 3);
  const a = source.pick([batch, rows, inner], [rows, inner], [2, 1, rows, inner]);
  const constant = float([inner, columns], source.reals(inner * columns));
  const dynamic = source.f32(source.pick([batch, inner, columns], [inner, columns]));
  const b = source.integer(0, 1) ? constant : dynamic;
  return single({ operator: 'MatMul', operands: [source.f32(a), b] });
}

function batchNorm(source: Source): Case {
  const channels = source.integer(1, 5);
  const vector = (least = -1): ReturnType<typeof float> => float([channels], source.reals(channels, least));
  return single({
    operator: 'BatchNormalization',
    operands: [source.f32([2, channels, 3, 2]), vector(), vector(), vector(), vector(0.1)],
    attributes: { epsilon: { float: source.pick(1e-5, 1e-3) }, momentum: { float: 0.9 } },
  });
}

function layerNorm(source: Source): Case {
  const shape = [2, source.integer(1, 4), source.integer(2, 9)];
  const axis = source.pick(-1, 1, 2);
  const own = axis === 1 ? shape.slice(1) : shape.slice(2);
  const vector = () =>
    float(
      own,
      source.reals(
        own.reduce((a, b) => a * b),
        0.1,
      ),
    );
  return single({
    ...{ operator: 'LayerNormalization', opset: 17 },
    operands: [source.f32(shape), vector(), ...source.pick([vector()], [])],
    attributes: { axis: { int: axis }, epsilon: { float: source.pick(1e-5, 1e-3) } },
  });
}

function skipLayerNorm(source: Source): Case {
  const features = source.integer(4, 9);
  const vector = () => float([features], source.reals(features, 0.1));
  const x = () => source.f32([1, 3, features]);
  return single({
    ...{ operator: 'SkipLayerNormalization', domain: 'com.microsoft' },
    operands: [x(), x(), vector(), vector(), ...source.pick([vector()], [])],
    attributes: { epsilon: { float: 1e-3 } },
  });
}

function softmax(operator: string, source: Source): Case {
  const shape = [2, source.integer(1, 4), source.integer(1, 5), source.integer(1, 3)];
  const axis = source.integer(-4, 3);
  const attributes: Attributes = source.pick<Attributes>({ axis: { int: axis } }, {});
  return single({ operator, opset: source.pick(11, 13), operands: [source.f32(shape, -4, 4)], attributes });
}

/** Bound on what summing f32 values in another order can change, also where they cancel out: n u * sum of |x|. */
function summationError({ data }: { readonly data: ArrayLike<number> }): number {
  return data.length * 2 ** -24 * Array.from(data, Math.abs).reduce((a, b) => a + b, 0);
}

function reduce(operator: string, source: Source): Case {
  const x = source.f32([2, source.integer(1, 3), source.integer(1, 4), source.integer(1, 4)]);
  const axes = source.pick([2, 3], [1], [-1, 0], [3, 2], [0, 1, 2, 3]);
  const keepdims = { int: source.integer(0, 1) };
  const inputFrom = operator === 'ReduceSum' ? 13 : 18;
  const opset = source.pick(11, 13, 18);
  const byInput = opset >= inputFrom;
  const chosen = source.pick(true, false, true);
  const sums = operator === 'ReduceSum' || operator === 'ReduceMean';
  const tolerance = { relative: 1e-5, absolute: sums ? summationError(x) : 0 };
  if (!chosen) return single({ operator, opset, operands: [x], attributes: { keepdims }, tolerance });
  return byInput
    ? single({ operator, opset, operands: [x, int64(axes)], attributes: { keepdims }, tolerance })
    : single({ operator, opset, operands: [x], attributes: { keepdims, axes: { ints: axes } }, tolerance });
}

describe('float layers agree with onnxruntime', () => {
  compareCases(
    {
      Conv: conv,
      'Conv over a length': (source) => spatialConv(1, source),
      'Conv over volumes': (source) => spatialConv(3, source),
      MaxPool: (source) => pool('MaxPool', source),
      AveragePool: (source) => pool('AveragePool', source),
      GlobalAveragePool: (source) =>
        single({
          operator: 'GlobalAveragePool',
          operands: [source.f32([2, 3, source.integer(1, 5), source.integer(1, 5)])],
        }),
      GlobalMaxPool: (source) =>
        single({
          operator: 'GlobalMaxPool',
          operands: [source.f32([2, 3, source.integer(1, 5), source.integer(1, 5)])],
        }),
      Gemm: gemm,
      MatMul: matmul,
      BatchNormalization: batchNorm,
      LayerNormalization: layerNorm,
      SkipLayerNormalization: skipLayerNorm,
      Softmax: (source) => softmax('Softmax', source),
      LogSoftmax: (source) => softmax('LogSoftmax', source),
      ReduceMean: (source) => reduce('ReduceMean', source),
      ReduceSum: (source) => reduce('ReduceSum', source),
      ReduceMax: (source) => reduce('ReduceMax', source),
      ReduceMin: (source) => reduce('ReduceMin', source),
    },
    15,
  );
});
