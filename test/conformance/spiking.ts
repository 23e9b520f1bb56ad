import {
  f32Type,
  type NodeOptions,
  quantization,
  u8Tensor,
  u8Type,
  weightConstant,
} from '../../src/graph/builder.js';
import { elementCount } from '../../src/graph/tensor.js';
import type { Case, Draw } from './generate.js';

/** A shape over time: one axis for the neurons, channels with a length, or images. */
function overTime(draw: Draw, steps = draw.integer(1, 5)): number[] {
  return [
    steps,
    ...draw.pick([[draw.integer(1, 150)], draw.shape(2, 9), [draw.integer(1, 9), ...draw.shape(2, 6)]]),
  ];
}

/** A parameter for all neurons, for each channel or for each neuron. */
function parameter(
  draw: Draw,
  name: string,
  shape: readonly number[],
  least: number,
  greatest: number,
): string {
  const neurons = shape.slice(1);
  const own = draw.pick([[1], neurons.slice(0, 1), neurons]);
  return draw.builder.constant(name, draw.floats(own, least, greatest));
}

/** One sample, or several that share the first axis. */
const samplesOf = (draw: Draw): number => draw.pick([1, 1, 2, 5]);

const withSamples = ([steps = 1, ...neurons]: readonly number[], samples: number): number[] => [
  steps * samples,
  ...neurons,
];

/** A current for every step, or one for all: the shape of the input and the attribute that goes with it. */
function current(
  draw: Draw,
  shape: readonly number[],
  samples: number,
): { readonly x: string; readonly steps: number } {
  const isConstant = draw.random() < 0.3;
  const given = isConstant ? [1, ...shape.slice(1)] : shape;
  const x = draw.input('x', f32Type(withSamples(given, samples)), -1, 2);
  return { x, steps: isConstant ? (shape[0] ?? 1) : 0 };
}

export function lif(draw: Draw): Case {
  const isRecurrent = draw.random() < 0.25;
  const shape = isRecurrent ? [draw.integer(1, 5), draw.integer(1, 20)] : overTime(draw);
  const samples = isRecurrent ? 1 : samplesOf(draw);
  const { x, steps } = current(draw, shape, samples);
  const neurons = elementCount(shape.slice(1));
  const delayedReset = draw.random() < 0.3;
  const attributes: NonNullable<NodeOptions<'lif'>['attributes']> = {
    ...{ steps, samples, delayedReset, inclusive: draw.random() < 0.2, once: draw.random() < 0.2 },
    reset: draw.pick(['subtract', 'subtract', 'value', 'none']),
    resetValue: draw.pick([0, -0.25, 0.5]),
    refractory: delayedReset ? 0 : draw.pick([0, 0, 1, 3]),
  };
  const inputs = [
    x,
    parameter(draw, 'threshold', shape, 0.25, 1.5),
    draw.random() < 0.3
      ? draw.builder.constant('leak', draw.floats([1], 1, 1))
      : parameter(draw, 'leak', shape, 0, 1),
    draw.random() < 0.3 ? parameter(draw, 'synapticLeak', shape, 0, 1) : '',
    isRecurrent ? draw.builder.constant('recurrent', draw.floats([neurons, neurons])) : '',
  ];
  const hasMembrane = draw.random() < 0.5;
  const spikes = draw.builder.node('lif', inputs, {
    name: 'spikes',
    attributes,
    ...(hasMembrane && { moreOutputs: ['membrane'] }),
  });
  if (hasMembrane) draw.builder.output('membrane');
  return draw.finish(spikes);
}

export function integrate(draw: Draw): Case {
  const shape = overTime(draw);
  const samples = samplesOf(draw);
  const { x, steps } = current(draw, shape, samples);
  const attributes = { steps, samples, output: draw.pick(['last', 'all'] as const) };
  return draw.finish(
    draw.builder.node('integrate', [x, parameter(draw, 'leak', shape, 0, 1)], { attributes }),
  );
}

export function threshold(draw: Draw): Case {
  const shape = overTime(draw);
  const x = draw.input('x', f32Type(shape), -1, 2);
  const attributes = { inclusive: draw.random() < 0.3 };
  return draw.finish(
    draw.builder.node('threshold', [x, parameter(draw, 'threshold', shape, 0, 1)], { attributes }),
  );
}

export function delay(draw: Draw): Case {
  const shape = overTime(draw);
  const samples = samplesOf(draw);
  const x = draw.value('x', withSamples(shape, samples), draw.pick(['f32', 'u8'] as const));
  if (draw.random() < 0.5) {
    const attributes = { steps: draw.integer(0, 6), samples };
    return draw.finish(draw.builder.node('delay', [x], { attributes }));
  }
  const neurons = shape.slice(1);
  const own = draw.pick([[1], neurons.slice(0, 1), neurons]);
  const data = Int32Array.from(draw.list(elementCount(own), () => draw.integer(0, 6)));
  const delays = draw.builder.constant('delays', { dtype: 'i32', shape: own, data });
  return draw.finish(draw.builder.node('delay', [x, delays], { attributes: { samples } }));
}

export function sumPool(draw: Draw): Case {
  const dtype = draw.pick(['f32', 'u8'] as const);
  const kernel = [draw.integer(1, 3), draw.integer(1, 3)];
  const attributes = {
    kernel,
    strides: [draw.integer(1, 3), draw.integer(1, 3)],
    pads: draw.list(4, () => draw.integer(0, Math.min(...kernel) - 1)),
    roundUp: draw.random() < 0.5,
  };
  const shape = [draw.integer(1, 3), draw.integer(1, 21), draw.integer(4, 9), draw.integer(4, 9)];
  const x = draw.value('x', shape, dtype);
  const own = dtype === 'u8' ? { quantization: draw.quantization() } : {};
  return draw.finish(draw.builder.node('sumPool', [x], { attributes, ...own }));
}

/** Adds a u8 value of zero point 0: spikes, pooled spikes or any bytes. */
function spikes(draw: Draw, shape: readonly number[]): string {
  const greatest = draw.pick([1, 1, 4, 255]);
  const scale = draw.pick([1, 0.25, draw.real(0.01, 0.1)]);
  const density = draw.pick([0, 0.1, 0.5, 1]);
  const values = draw.list(elementCount(shape), () =>
    draw.random() < density ? draw.integer(0, greatest) : 0,
  );
  draw.inputs.x = u8Tensor(shape, values);
  return draw.builder.input('x', u8Type(shape, quantization(scale, 0)));
}

/** Adds a weight and a bias whose sums over u8 are f32: integers of any width, or f32. */
function weights(draw: Draw, shape: readonly number[]): { readonly weight: string; readonly bias: string } {
  const channels = shape[0] ?? 1;
  if (draw.random() < 0.5) {
    return {
      weight: draw.builder.constant('weight', draw.floats(shape)),
      bias: draw.builder.constant('bias', draw.floats([channels])),
    };
  }
  const bits = draw.pick([8, 4, 2, 6] as const);
  const most = 2 ** (bits - 1) - 1;
  const least = draw.pick([-most, -most - 1]);
  const values = draw.list(elementCount(shape), () => draw.pick([least, 0, draw.integer(least, most)]));
  const scales = draw.list(channels, () => draw.pick([1, draw.real(0.001, 0.05)]));
  const data = Int32Array.from(draw.list(channels, () => draw.integer(-5000, 5000)));
  return {
    weight: draw.builder.constant('weight', weightConstant(shape, values, scales, bits)),
    bias: draw.builder.constant('bias', { dtype: 'i32', shape: [channels], data }),
  };
}

/** Adds a residual and a clamp now and then: they run in the epilogue. */
function finish(draw: Draw, value: string, shape: readonly number[]): Case {
  const sum =
    draw.random() < 0.3 ? draw.builder.node('add', [draw.value('residual', shape, 'f32'), value]) : value;
  return draw.finish(draw.random() < 0.3 ? draw.builder.node('relu', [sum]) : sum);
}

export function convolution(draw: Draw): Case {
  const [groups, perGroup, outPerGroup] = [draw.pick([1, 1, 3]), draw.integer(1, 9), draw.integer(1, 11)];
  const kernel = [draw.integer(1, 3), draw.integer(1, 3)];
  const inputShape = [draw.integer(1, 2), groups * perGroup, draw.integer(5, 7), draw.integer(5, 7)];
  const x = spikes(draw, inputShape);
  const { weight, bias } = weights(draw, [groups * outPerGroup, perGroup, ...kernel]);
  const attributes = {
    groups,
    strides: [draw.integer(1, 2), draw.integer(1, 2)],
    dilations: draw.pick([
      [1, 1],
      [2, 1],
      [1, 2],
    ]),
    pads: draw.list(4, () => draw.integer(0, 2)),
  };
  const inputs = draw.random() < 0.3 ? [x, weight] : [x, weight, bias];
  const y = draw.builder.node('conv', inputs, { attributes });
  const size = (axis: 0 | 1): number => {
    const reach = ((kernel[axis] ?? 1) - 1) * (attributes.dilations[axis] ?? 1) + 1;
    const padded =
      (inputShape[2 + axis] ?? 0) + (attributes.pads[axis] ?? 0) + (attributes.pads[2 + axis] ?? 0);
    return Math.floor((padded - reach) / (attributes.strides[axis] ?? 1)) + 1;
  };
  return finish(draw, y, [inputShape[0] ?? 1, groups * outPerGroup, size(0), size(1)]);
}

export function fullyConnected(draw: Draw): Case {
  const [rows, inFeatures, outFeatures] = [draw.integer(1, 9), draw.integer(1, 70), draw.integer(1, 20)];
  const x = spikes(draw, [rows, inFeatures]);
  const { weight, bias } = weights(draw, [outFeatures, inFeatures]);
  const y = draw.builder.node('linear', draw.random() < 0.3 ? [x, weight] : [x, weight, bias]);
  return finish(draw, y, [rows, outFeatures]);
}

/** Spikes of none, one, some or all neurons. */
function firing(draw: Draw, shape: readonly number[]): string {
  const count = elementCount(shape);
  const density = draw.pick([0, 0.02, 0.1, 0.5, 1]);
  const only = draw.random() < 0.15 ? draw.integer(0, count - 1) : undefined;
  draw.inputs.x = u8Tensor(
    shape,
    draw
      .list(count, () => (draw.random() < density ? 1 : 0))
      .map((s, i) => (only === undefined ? s : Number(i === only))),
  );
  return draw.builder.input('x', u8Type(shape, quantization(1, 0)));
}

/** Neurons, pooled now and then, whose spikes a convolution or a fully connected layer of many channels reads. */
export function layerOverSpikes(draw: Draw): Case {
  const steps = draw.integer(1, 4);
  const channels = draw.pick([4, 8, 12, 20, 64, 7]);
  const outChannels = draw.pick([1, 8, 13, 32, 40, 72]);
  const number = (name: string, value: number): string =>
    draw.builder.constant(name, { dtype: 'f32', shape: [1], data: Float32Array.of(value) });
  const [limit, leak] = [number('limit', 0.5), number('leak', 0.75)];
  const isFlat = draw.random() < 0.3;
  const shape = isFlat ? [steps, channels] : [steps, channels, draw.integer(3, 7), draw.integer(3, 7)];
  const current = draw.builder.node('dequantize', [firing(draw, shape)]);
  const spikes = draw.builder.node('lif', [current, limit, leak], { attributes: { reset: 'value' } });
  const groups = !isFlat && channels % 4 === 0 && outChannels % 2 === 0 ? draw.pick([1, 1, 2]) : 1;
  const window = isFlat
    ? []
    : draw.pick([
        [1, 1],
        [3, 3],
        [2, 3],
      ]);
  const { weight, bias } = weights(draw, [outChannels, channels / groups, ...window]);
  if (isFlat) return finish(draw, draw.builder.node('linear', [spikes, weight, bias]), [steps, outChannels]);
  const input =
    draw.random() < 0.3
      ? draw.builder.node('averagePool', [spikes], {
          attributes: { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1], countPadding: true },
          quantization: quantization(0.25, 0),
        })
      : spikes;
  const dilations = draw.pick([
    [1, 1],
    [1, 1],
    [1, 2],
  ]);
  const attributes = {
    groups,
    dilations,
    strides: draw.pick([
      [1, 1],
      [2, 1],
    ]),
    pads: draw.pick([
      [0, 0, 0, 0],
      [1, 2, 2, 1],
    ]),
  };
  const [height = 1, width = 1] = shape.slice(2);
  const reach = (axis: 0 | 1): number => ((window[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
  const fits = attributes.pads[0] > 0 || (reach(0) <= height && reach(1) <= width);
  const pads = fits ? attributes.pads : [2, 2, 2, 2];
  const y = draw.builder.node('conv', [input, weight, bias], { attributes: { ...attributes, pads } });
  const next = draw.builder.node('lif', [y, number('high', 3), leak], { name: 'next' });
  draw.builder.output(next);
  return draw.finish(y);
}

/** A layer over spikes and the neurons that alone read it, of one sample or several. */
export function neuronsOverSpikes(draw: Draw): Case {
  const samples = samplesOf(draw);
  const images = draw.integer(1, 4) * samples;
  const [channels, outChannels] = [draw.pick([1, 4, 7, 12]), draw.pick([1, 5, 8, 13, 40])];
  const isFlat = draw.random() < 0.3;
  const shape = isFlat ? [images, channels] : [images, channels, draw.integer(2, 7), draw.integer(2, 7)];
  const { weight, bias } = weights(draw, [outChannels, channels, ...(isFlat ? [] : [2, 2])]);
  const inputs = [spikes(draw, shape), weight, bias];
  const sums = draw.builder.node(isFlat ? 'linear' : 'conv', inputs);
  const out = isFlat
    ? [images, outChannels]
    : [images, outChannels, ...shape.slice(2).map((size) => size - 1)];
  const residual = draw.random() < 0.3 ? draw.value('residual', out, 'f32') : undefined;
  const added = residual ? draw.builder.node('add', [residual, sums]) : sums;
  const current = draw.random() < 0.3 ? draw.builder.node('relu', [added]) : added;
  const own = (): readonly number[] => draw.pick([[1], [outChannels]]);
  const parameters = [
    draw.builder.constant('threshold', draw.floats(own(), 0.25, 40)),
    draw.builder.constant('leak', draw.floats(own(), 0, 1)),
  ];
  const attributes = {
    ...{ samples, resetValue: draw.pick([0, -0.25]), inclusive: draw.random() < 0.2 },
    reset: draw.pick(['subtract', 'subtract', 'value', 'none'] as const),
  };
  return draw.finish(draw.builder.node('lif', [current, ...parameters], { name: 'neurons', attributes }));
}
