import fc from 'fast-check';
import type { NodeOptions } from '../../src/graph/builder.js';
import type { OperationName } from '../../src/graph/ops/table.js';
import { type Case, type Draw, drawn } from './generate.js';
import * as spiking from './spiking.js';
import * as transformer from './transformer.js';
import {
  convolution,
  fullyConnected,
  largeConvolution,
  prunedConvolution,
  prunedLinear,
  volumeConvolution,
} from './weighted.js';

type Arbitrary = fc.Arbitrary<Case>;

const either = ['f32', 'u8'] as const;

interface UnaryCase<Op extends OperationName> {
  readonly least?: number;
  readonly greatest?: number;
  readonly attributes?: (draw: Draw) => NonNullable<NodeOptions<Op>['attributes']>;
}

function unary<Op extends OperationName>(op: Op, options: UnaryCase<Op> = {}): Arbitrary {
  return drawn((draw) => {
    const shape = draw.shape(draw.integer(1, 4), 7);
    const dtype = draw.pick(either);
    const meaning = draw.quantization();
    const type = dtype === 'f32' ? { dtype, shape } : { dtype, shape, quantization: meaning };
    const x = draw.input('x', type, options.least, options.greatest);
    const attributes = options.attributes?.(draw);
    const given: NodeOptions<Op> = { ...(attributes && { attributes }) };
    return draw.finish(
      draw.builder.node(op, [x], dtype === 'u8' ? { ...given, quantization: draw.quantization() } : given),
    );
  });
}

/** Shapes of two operands that broadcast to each other. */
function broadcastShapes(draw: Draw): readonly [number[], number[]] {
  const full = draw.shape(draw.integer(1, 5), 5);
  const thin = (shape: number[]): number[] => shape.map((size) => (draw.random() < 0.3 ? 1 : size));
  const shorter = (shape: number[]): number[] =>
    shape.slice(draw.pick([0, 0, draw.integer(0, shape.length - 1)]));
  const [a, b] = [thin(full), shorter(thin(full))];
  return draw.random() < 0.5 ? [a, b] : [b, a];
}

function binary(op: OperationName, types: readonly ('f32' | 'u8')[], least = -4): Arbitrary {
  return drawn((draw) => {
    const [a, b] = broadcastShapes(draw);
    const dtype = draw.pick(types);
    const typeOf = (shape: number[]) =>
      dtype === 'f32' ? { dtype, shape } : { dtype, shape, quantization: draw.quantization() };
    const names = [
      draw.input('a', typeOf(a), least),
      draw.input('b', typeOf(b), op === 'power' ? -2 : least),
    ];
    return draw.finish(
      draw.builder.node(op, names, dtype === 'u8' ? { quantization: draw.quantization() } : {}),
    );
  });
}

function reduction(op: 'reduceMax' | 'reduceMean' | 'reduceMin' | 'reduceSum'): Arbitrary {
  return drawn((draw) => {
    const shape = draw.shape(draw.integer(1, 5), 6);
    const axes = [...shape.keys()].filter(() => draw.random() < 0.5);
    const attributes = { axes: axes.length > 0 ? axes : [0], keepDimensions: draw.random() < 0.5 };
    return draw.finish(draw.builder.node(op, [draw.value('x', shape, 'f32')], { attributes }));
  });
}

function alongAxis(op: 'softmax' | 'logSoftmax'): Arbitrary {
  return drawn((draw) => {
    const shape = draw.shape(draw.integer(1, 5), 9);
    const attributes = { axis: draw.integer(0, shape.length - 1) };
    return draw.finish(draw.builder.node(op, [draw.value('x', shape, 'f32')], { attributes }));
  });
}

const maxPool = drawn((draw) => {
  const kernel = [draw.integer(1, 3), draw.integer(1, 3)];
  const attributes = {
    kernel,
    strides: [draw.integer(1, 3), draw.integer(1, 3)],
    dilations: [draw.integer(1, 2), draw.integer(1, 2)],
    pads: draw.list(4, () => draw.integer(0, Math.min(...kernel) - 1)),
    roundUp: draw.random() < 0.5,
  };
  const shape = [draw.integer(1, 2), draw.integer(1, 20), draw.integer(6, 9), draw.integer(6, 9)];
  return draw.finish(
    draw.builder.node('maxPool', [draw.value('x', shape, draw.pick(either))], { attributes }),
  );
});

const averagePool = drawn((draw) => {
  const kernel = [draw.integer(1, 3), draw.integer(1, 3)];
  const attributes = {
    kernel,
    strides: [draw.integer(1, 3), draw.integer(1, 3)],
    pads: draw.list(4, () => draw.integer(0, Math.min(...kernel) - 1)),
    countPadding: draw.random() < 0.5,
    roundUp: draw.random() < 0.5,
  };
  const shape = [draw.integer(1, 2), draw.integer(1, 20), draw.integer(4, 9), draw.integer(4, 9)];
  const dtype = draw.pick(either);
  const options = dtype === 'u8' ? { attributes, quantization: draw.quantization() } : { attributes };
  return draw.finish(draw.builder.node('averagePool', [draw.value('x', shape, dtype)], options));
});

const globalAveragePool = drawn((draw) => {
  const dtype = draw.pick(either);
  const x = draw.value(
    'x',
    [draw.integer(1, 2), draw.integer(1, 40), draw.integer(1, 9), draw.integer(1, 9)],
    dtype,
  );
  const options = dtype === 'u8' ? { quantization: draw.quantization() } : {};
  return draw.finish(draw.builder.node('globalAveragePool', [x], options));
});

const batchNorm = drawn((draw) => {
  const rank = draw.pick([2, 4, 5]);
  const shape = draw.shape(rank, 9);
  const channels = [shape[1] ?? 1];
  const parameters = ['scale', 'bias', 'mean'].map((name) =>
    draw.builder.constant(name, draw.floats(channels)),
  );
  const variance = draw.builder.constant('variance', draw.floats(channels, 0.1, 2));
  const inputs = [draw.value('x', shape, 'f32'), ...parameters, variance];
  return draw.finish(draw.builder.node('batchNorm', inputs, { attributes: { epsilon: 1e-3 } }));
});

const concat = drawn((draw) => {
  const shape = draw.shape(draw.integer(1, 5), 5);
  const axis = draw.integer(0, shape.length - 1);
  const dtype = draw.pick(either);
  const meaning = draw.quantization();
  const names = draw
    .list(draw.integer(1, 4), () => draw.integer(1, 5))
    .map((size, i) =>
      draw.value(
        `x${i}`,
        shape.map((s, at) => (at === axis ? size : s)),
        dtype,
        meaning,
      ),
    );
  return draw.finish(draw.builder.node('concat', names, { attributes: { axis } }));
});

const pad = drawn((draw) => {
  const shape = draw.shape(draw.integer(1, 4), 5).map((size) => size + 1);
  const mode = draw.pick(['constant', 'edge', 'reflect'] as const);
  const limit = mode === 'reflect' ? 1 : 3;
  const pads = draw.list(2 * shape.length, () => draw.integer(0, limit));
  const x = draw.value('x', shape, draw.pick(either));
  return draw.finish(draw.builder.node('pad', [x], { attributes: { pads, mode, value: draw.real(-1, 1) } }));
});

const reshape = drawn((draw) => {
  const sizes = draw.list(draw.integer(1, 5), () => draw.integer(1, 4));
  const shuffled = draw.pick([
    [...sizes].reverse(),
    [sizes.reduce((a, b) => a * b), 1],
    [1, ...sizes],
    [...sizes].sort(),
  ]);
  const x = draw.value('x', sizes, draw.pick(either));
  return draw.finish(draw.builder.node('reshape', [x], { attributes: { shape: shuffled } }));
});

const resize = drawn((draw) => {
  const shape = draw.shape(4, 7);
  const mode = draw.pick(['nearest', 'linear'] as const);
  const attributes = {
    sizes: [...shape.slice(0, 2), draw.integer(1, 12), draw.integer(1, 12)],
    mode,
    coordinates: draw.pick(['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'] as const),
    rounding: draw.pick(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const),
  };
  const x = draw.value('x', shape, mode === 'linear' ? 'f32' : draw.pick(either));
  return draw.finish(draw.builder.node('resize', [x], { attributes }));
});

const slice = drawn((draw) => {
  const shape = draw.shape(draw.integer(1, 5), 6);
  const axes = [...shape.keys()].filter(() => draw.random() < 0.6);
  const ranges = axes.map((axis) => {
    const size = shape[axis] ?? 1;
    const start = draw.integer(0, size - 1);
    const step = draw.pick([1, 2, -1]);
    return step > 0 ? [start, draw.integer(start + 1, size + 2), step] : [start, -size - 1, step];
  });
  const column = (i: number): number[] => ranges.map((range) => range[i] ?? 0);
  const attributes = { starts: column(0), ends: column(1), axes, steps: column(2) };
  return draw.finish(draw.builder.node('slice', [draw.value('x', shape, draw.pick(either))], { attributes }));
});

const transpose = drawn((draw) => {
  const shape = draw.shape(draw.integer(1, 5), 6);
  const order = [...shape.keys()].map((axis) => [draw.random(), axis] as const).sort((a, b) => a[0] - b[0]);
  const attributes = { permutation: order.map(([, axis]) => axis) };
  return draw.finish(
    draw.builder.node('transpose', [draw.value('x', shape, draw.pick(either))], { attributes }),
  );
});

const matmul = drawn((draw) => {
  const [rows, inner, columns] = [draw.integer(1, 14), draw.integer(1, 20), draw.integer(1, 20)];
  const batch = draw.shape(draw.integer(0, 2), 3);
  const second = draw.pick([batch, batch.map(() => 1), []]);
  const a = draw.value('a', [...batch, rows, inner], 'f32');
  return draw.finish(draw.builder.node('matmul', [a, draw.value('b', [...second, inner, columns], 'f32')]));
});

const quantize = drawn((draw) => {
  const x = draw.value('x', draw.shape(draw.integer(1, 4), 9), 'f32');
  return draw.finish(draw.builder.node('quantize', [x], { quantization: draw.quantization() }));
});

const dequantize = drawn((draw) =>
  draw.finish(draw.builder.node('dequantize', [draw.value('x', draw.shape(draw.integer(1, 4), 9), 'u8')])),
);

const requantize = drawn((draw) => {
  const x = draw.value('x', draw.shape(draw.integer(1, 4), 9), 'u8');
  return draw.finish(draw.builder.node('requantize', [x], { quantization: draw.quantization() }));
});

const clipBounds = (draw: Draw) => {
  const minimum = draw.pick([null, draw.real(-2, 0)]);
  return { minimum, maximum: draw.pick([null, draw.real(0, 3)]) };
};

/** Generated cases of every operation of the table; an operation without any does not compile. */
export const cases: Readonly<Record<OperationName, Arbitrary>> = {
  abs: unary('abs'),
  add: binary('add', either),
  attention: drawn(transformer.attention),
  averagePool,
  batchNorm,
  clip: unary('clip', { attributes: clipBounds }),
  concat,
  conv: fc.oneof(
    { arbitrary: drawn(convolution), weight: 5 },
    { arbitrary: drawn(largeConvolution), weight: 1 },
    { arbitrary: drawn(prunedConvolution), weight: 1 },
    { arbitrary: drawn(volumeConvolution), weight: 4 },
    { arbitrary: drawn(spiking.convolution), weight: 2 },
    { arbitrary: drawn(spiking.layerOverSpikes), weight: 1 },
  ),
  delay: drawn(spiking.delay),
  dequantize,
  divide: binary('divide', ['f32'], 0.25),
  erf: unary('erf'),
  exp: unary('exp'),
  gather: drawn(transformer.gather),
  gelu: unary('gelu', { attributes: (draw) => ({ approximate: draw.pick(['none', 'tanh'] as const) }) }),
  globalAveragePool,
  hardSigmoid: unary('hardSigmoid', { attributes: () => ({ alpha: 0.2, beta: 0.5 }) }),
  hardSwish: unary('hardSwish'),
  integrate: drawn(spiking.integrate),
  layerNorm: drawn(transformer.layerNorm),
  leakyRelu: unary('leakyRelu', { attributes: (draw) => ({ slope: draw.real(0, 0.5) }) }),
  lif: drawn(spiking.lif),
  linear: fc.oneof(drawn(fullyConnected), drawn(prunedLinear), drawn(spiking.fullyConnected)),
  log: unary('log', { least: 0.01 }),
  logSoftmax: alongAxis('logSoftmax'),
  matmul,
  maxPool,
  maximum: binary('maximum', ['f32']),
  minimum: binary('minimum', ['f32']),
  multiply: binary('multiply', either),
  negate: unary('negate'),
  pad,
  power: binary('power', ['f32'], 0.1),
  quantize,
  reduceMax: reduction('reduceMax'),
  reduceMean: reduction('reduceMean'),
  reduceMin: reduction('reduceMin'),
  reduceSum: reduction('reduceSum'),
  relu: unary('relu'),
  requantize,
  reshape,
  resize,
  sigmoid: unary('sigmoid'),
  silu: unary('silu'),
  slice,
  softmax: alongAxis('softmax'),
  sqrt: unary('sqrt', { least: 0 }),
  subtract: binary('subtract', either),
  sumPool: drawn(spiking.sumPool),
  tanh: unary('tanh'),
  threshold: drawn(spiking.threshold),
  transpose,
};
