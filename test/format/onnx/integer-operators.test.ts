import { describe } from 'vitest';
import { type Case, compareCases, type Source } from './cases.js';
import { float, int8, int32, type NodeSpec, uint8 } from './onnx-writer.js';
import {
  oneStep,
  type Quantized,
  QuantizedModel,
  quantizedType,
  scaleOf,
  zeroPointOf,
} from './quantized-cases.js';

const microsoft = 'com.microsoft';

/** Integers with their scale and zero point, as operators on integers take them. */
function triple(model: QuantizedModel, name: string, type: Quantized): readonly string[] {
  return [model.quantize(name, type), model.constant(scaleOf(type)), model.constant(zeroPointOf(type))];
}

const typeOf = (model: QuantizedModel, type: Quantized): readonly string[] => [
  model.constant(scaleOf(type)),
  model.constant(zeroPointOf(type)),
];

interface Weight {
  readonly inputs: readonly string[];
  readonly scales: readonly number[];
}

/** Weights with one scale, or one for each index along the axis. */
function weight(
  model: QuantizedModel,
  source: Source,
  shape: readonly number[],
  channels: number,
  unsigned = false,
): Weight {
  const count = shape.reduce((n, d) => n * d, 1);
  const data = source.integers(count, unsigned ? 0 : -128, unsigned ? 255 : 127);
  const scales = Array.from(source.reals(channels, 0.001, 0.02));
  const zeros = new Array<number>(channels).fill(unsigned ? 128 : 0);
  const along = channels === 1 ? [] : [channels];
  const specs = unsigned
    ? [uint8(shape, data), float(along, scales), uint8(along, zeros)]
    : [int8(shape, data), float(along, scales), int8(along, zeros)];
  return { inputs: specs.map((spec) => model.constant(spec)), scales };
}

/** Activations of one signedness: the kernels of onnxruntime want input and output alike. */
function pair(source: Source): readonly [Quantized, Quantized] {
  const own = quantizedType(source);
  const out = quantizedType(source, 0.04);
  return out.signed === own.signed ? [own, out] : [own, { ...own, scale: out.scale }];
}

function finish(model: QuantizedModel, inputs: Case['inputs'], integers: string, out: Quantized): Case {
  return oneStep(model, inputs, model.dequantize(integers, out), out);
}

function conv(source: Source, size: readonly number[] = [5, 6]): Case {
  const model = new QuantizedModel();
  const [own, out] = pair(source);
  const groups = source.pick(1, 2);
  const channels = 2 * groups;
  const w = weight(
    model,
    source,
    [channels, 2, ...[3, 2, 2].slice(0, size.length)],
    source.pick(1, channels),
    !own.signed && source.integer(0, 1) === 1,
  );
  const bias = model.constant(int32([channels], source.integers(channels, -2000, 2000)));
  const inputs = [...triple(model, 'x', own), ...w.inputs, ...typeOf(model, out)];
  if (source.integer(0, 1)) inputs.push(bias);
  const attributes = {
    group: { int: groups },
    pads: { ints: [...[1, 0, 1].slice(0, size.length), ...size.map(() => 1)] },
    strides: { ints: [1, 2, 1].slice(0, size.length) },
  };
  const integers = model.node('QLinearConv', inputs, attributes);
  return finish(model, { x: source.f32([1, 2 * groups, ...size], -2, 2) }, integers, out);
}

function matmul(source: Source): Case {
  const model = new QuantizedModel();
  const [own, out] = pair(source);
  const w = weight(model, source, [9, 4], source.pick(1, 4));
  const integers = model.node('QLinearMatMul', [
    ...triple(model, 'x', own),
    ...w.inputs,
    ...typeOf(model, out),
  ]);
  return finish(model, { x: source.f32([3, 9], -2, 2) }, integers, out);
}

function gemm(source: Source): Case {
  const model = new QuantizedModel();
  const [own, out] = pair(source);
  const transB = source.integer(0, 1);
  const w = weight(model, source, transB ? [4, 9] : [9, 4], 1);
  const bias = model.constant(int32([4], source.integers(4, -2000, 2000)));
  const inputs = [...triple(model, 'x', own), ...w.inputs, bias, ...typeOf(model, out)];
  const integers = model.node('QGemm', inputs, { alpha: { float: 1 }, transB: { int: transB } }, microsoft);
  return finish(model, { x: source.f32([3, 9], -2, 2) }, integers, out);
}

function binary(operator: string, constant: boolean): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [own, out] = pair(source);
    const other = { ...own, scale: source.real(0.01, 0.05) };
    const values = source.integers(3, own.signed ? -128 : 0, own.signed ? 127 : 255);
    const shape = [3, 1, 1];
    const b = constant
      ? [model.constant(own.signed ? int8(shape, values) : uint8(shape, values)), ...typeOf(model, other)]
      : triple(model, 'y', other);
    const inputs = [...triple(model, 'x', own), ...b, ...typeOf(model, out)];
    const integers = model.node(operator, inputs, {}, microsoft);
    const fed = {
      x: source.f32([1, 3, 2, 4], -2, 2),
      ...(!constant && { y: source.f32([1, 3, 2, 4], -2, 2) }),
    };
    return finish(model, fed, integers, out);
  };
}

function one(operator: string, attributes: NodeSpec['attributes'] = {}): (source: Source) => Case {
  return (source) => {
    const model = new QuantizedModel();
    const [own, out] = pair(source);
    const integers = model.node(
      operator,
      [...triple(model, 'x', own), ...typeOf(model, out)],
      attributes,
      microsoft,
    );
    return finish(model, { x: source.f32([1, 3, 5, 6], -2, 2) }, integers, out);
  };
}

function concat(source: Source): Case {
  const model = new QuantizedModel();
  const [own, out] = pair(source);
  const inputs = [
    ...typeOf(model, out),
    ...triple(model, 'x', own),
    ...triple(model, 'y', { ...own, scale: 0.03 }),
  ];
  const integers = model.node('QLinearConcat', inputs, { axis: { int: 1 } }, microsoft);
  return finish(model, { x: source.f32([1, 2, 3], -2, 2), y: source.f32([1, 4, 3], -2, 2) }, integers, out);
}

/** Integers between operators without any DequantizeLinear: pooling and shapes work on them directly. */
function chain(source: Source): Case {
  const model = new QuantizedModel();
  const own = { ...quantizedType(source), signed: false, zeroPoint: source.integer(0, 255) };
  const x = model.quantize('x', own);
  const pooled = model.node('MaxPool', [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
  const turned = model.node('Transpose', [pooled], { perm: { ints: [0, 2, 3, 1] } });
  const flat = model.node('Flatten', [turned]);
  return finish(model, { x: source.f32([1, 3, 4, 6], -2, 2) }, flat, own);
}

const window = { kernel_shape: { ints: [2, 3] }, strides: { ints: [2, 1] }, pads: { ints: [1, 1, 0, 1] } };

describe('operators on integers agree with onnxruntime within one step', () => {
  compareCases(
    {
      QLinearConv: (source) => conv(source),
      'QLinearConv over a length': (source) => conv(source, [7]),
      'QLinearConv over volumes': (source) => conv(source, [5, 6, 4]),
      QLinearMatMul: matmul,
      QGemm: gemm,
      QLinearAdd: binary('QLinearAdd', false),
      QLinearMul: binary('QLinearMul', false),
      'QLinearAdd of a constant': binary('QLinearAdd', true),
      'QLinearMul of a constant': binary('QLinearMul', true),
      QLinearGlobalAveragePool: one('QLinearGlobalAveragePool'),
      QLinearAveragePool: one('QLinearAveragePool', window),
      QLinearLeakyRelu: one('QLinearLeakyRelu', { alpha: { float: 0.2 } }),
      QLinearSigmoid: one('QLinearSigmoid'),
      QLinearConcat: concat,
      'MaxPool, Transpose and Flatten of integers': chain,
    },
    12,
  );
});
