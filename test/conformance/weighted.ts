import { quantization as meaningOf, u8Type, weightConstant } from '../../src/graph/builder.js';
import { elementCount } from '../../src/graph/tensor.js';
import type { Case, Draw } from './generate.js';

interface Weights {
  readonly x: string;
  readonly weight: string;
  readonly bias: string;
  readonly quantization?: ReturnType<Draw['quantization']>;
}

/** Adds x, a weight of the given shape and a bias: f32, or u8 with 8-, 4- or 2-bit weights. */
function weights(draw: Draw, inputShape: readonly number[], shape: readonly number[]): Weights {
  const channels = shape[0] ?? 1;
  const perChannel = elementCount(shape) / channels;
  if (draw.random() < 0.4) {
    return {
      x: draw.value('x', inputShape, 'f32'),
      weight: draw.builder.constant('weight', draw.floats(shape)),
      bias: draw.builder.constant('bias', draw.floats([channels])),
    };
  }
  const bits = draw.pick([8, 4, 2, 3, 6] as const);
  const limit = 2 ** (bits - 1);
  const values = draw.list(elementCount(shape), () =>
    draw.pick([-limit, limit - 1, draw.integer(-limit, limit - 1)]),
  );
  const scales = draw.list(channels, () => draw.real(0.001, 0.05));
  const bias = Int32Array.from(draw.list(channels, () => draw.integer(-200, 200) * perChannel));
  return {
    x: draw.value('x', inputShape, 'u8'),
    weight: draw.builder.constant('weight', weightConstant(shape, values, scales, bits)),
    bias: draw.builder.constant('bias', { dtype: 'i32', shape: [channels], data: bias }),
    quantization: draw.quantization(),
  };
}

/** A convolution of any form: grouped, depthwise, strided, dilated, padded unevenly. */
export function convolution(draw: Draw): Case {
  const kernel = [draw.integer(1, 3), draw.integer(1, 4)];
  const groups = draw.pick([1, 1, 1, 2, 3, 'depthwise'] as const);
  const perGroup = groups === 'depthwise' ? 1 : draw.pick([1, 2, 3, 4, 5, 8, 16]);
  const groupCount = groups === 'depthwise' ? draw.integer(1, 21) : groups;
  const outPerGroup = groups === 'depthwise' ? draw.pick([1, 1, 2]) : draw.integer(1, 11);
  const attributes = {
    groups: groupCount,
    strides: [draw.integer(1, 2), draw.integer(1, 3)],
    dilations: draw.pick([
      [1, 1],
      [1, 1],
      [2, 1],
      [1, 2],
    ]),
    pads: draw.pick([[0, 0, 0, 0], [1, 1, 1, 1], draw.list(4, () => draw.integer(0, 3))]),
  };
  const inputShape = [draw.integer(1, 2), perGroup * groupCount, draw.integer(5, 9), draw.integer(7, 10)];
  const { x, weight, bias, quantization } = weights(draw, inputShape, [
    outPerGroup * groupCount,
    perGroup,
    ...kernel,
  ]);
  const inputs = draw.random() < 0.2 ? [x, weight] : [x, weight, bias];
  return draw.finish(
    draw.builder.node('conv', inputs, { attributes, ...(quantization && { quantization }) }),
  );
}

/**
 * A convolution over depth, rows and columns, of any form: grouped, depthwise, strided, dilated, padded unevenly; u8
 * values now and then into f32, or with f32 weights.
 */
export function volumeConvolution(draw: Draw): Case {
  const kernel = [draw.integer(1, 4), draw.integer(1, 3), draw.integer(1, 3)];
  const groupCount = draw.pick([1, 1, 1, 2, 3]);
  const [perGroup, outPerGroup] = draw.pick([
    [1, 1],
    [draw.integer(1, 5), draw.integer(1, 9)],
    [4, 8],
  ]);
  const attributes = {
    groups: groupCount,
    strides: [draw.integer(1, 3), draw.integer(1, 2), draw.integer(1, 2)],
    dilations: draw.pick([
      [1, 1, 1],
      [2, 1, 1],
      [1, 2, 1],
      [1, 1, 2],
    ]),
    pads: draw.pick([
      [0, 0, 0, 0, 0, 0],
      [1, 0, 0, 1, 0, 0],
      [0, 1, 1, 0, 1, 1],
      [1, 1, 1, 1, 1, 1],
      draw.list(6, () => draw.integer(0, 3)),
    ]),
  };
  const sizes = [draw.integer(7, 11), draw.integer(5, 7), draw.integer(5, 7)];
  const inputShape = [draw.integer(1, 2), perGroup * groupCount, ...sizes];
  const shape = [outPerGroup * groupCount, perGroup, ...kernel];
  if (draw.random() < 0.1) {
    const x = draw.input('x', u8Type(inputShape, meaningOf(draw.real(0.1, 1), 0)));
    const weight = draw.builder.constant('weight', draw.floats(shape));
    return draw.finish(draw.builder.node('conv', [x, weight], { attributes }));
  }
  const { x, weight, bias, quantization } = weights(draw, inputShape, shape);
  const isReal = draw.random() < 0.1;
  const options = { attributes, ...(quantization && !isReal && { quantization }) };
  const first = draw.builder.node('conv', [x, weight, bias], options);
  if (!options.quantization || draw.random() < 0.7) return draw.finish(first);
  const second = draw.builder.node('conv', [x, weight], options);
  return draw.finish(
    draw.builder.node('add', [first, second], options.quantization && { quantization: draw.quantization() }),
  );
}

/** A 3x3 convolution of stride 1 over maps large enough for Winograd's algorithm, with a residual now and then. */
export function largeConvolution(draw: Draw): Case {
  const [channels, outChannels] = [draw.pick([4, 8, 20]), draw.pick([8, 16, 24])];
  const inputShape = [draw.integer(1, 2), channels, draw.integer(7, 19), draw.integer(7, 19)];
  const { x, weight, bias, quantization } = weights(draw, inputShape, [outChannels, channels, 3, 3]);
  const attributes = {
    pads: draw.pick([[1, 1, 1, 1], [0, 0, 0, 0], draw.list(4, () => draw.integer(0, 2))]),
  };
  const options = { attributes, ...(quantization && { quantization }) };
  const first = draw.builder.node('conv', [x, weight, bias], options);
  if (quantization || draw.random() < 0.5) return draw.finish(first);
  return draw.finish(
    draw.builder.node('relu', [
      draw.builder.node('add', [draw.builder.node('conv', [x, weight], options), first]),
    ]),
  );
}

/** A convolution of which few weights are not zero, alone or by four input channels, with a residual now and then. */
export function prunedConvolution(draw: Draw): Case {
  const { builder } = draw;
  const [channels, outChannels] = [draw.pick([32, 50]), draw.pick([24, 40])];
  const [kernel, stride] = draw.pick([
    [3, 1],
    [3, 2],
    [1, 1],
  ]);
  const sizes = [draw.integer(7, 20), draw.integer(4, 20)];
  const group = draw.pick([1, 4]);
  const density = draw.real(0, 0.1);
  const shape = [outChannels, channels, kernel, kernel];
  const window = kernel * kernel;
  const kept = draw.list(outChannels * Math.ceil(channels / group) * window, () => draw.random() < density);
  const values = draw
    .list(elementCount(shape), () => draw.integer(-128, 127))
    .map((value, i) => {
      const [tap, channel] = [i % window, Math.floor(i / window) % channels];
      const out = Math.floor(i / window / channels);
      return kept[(out * Math.ceil(channels / group) + Math.floor(channel / group)) * window + tap]
        ? value
        : 0;
    });
  const scales = draw.list(outChannels, () => draw.real(0.001, 0.05));
  const bias = Int32Array.from(draw.list(outChannels, () => draw.integer(-3000, 3000)));
  const pad = (kernel - 1) / 2;
  const [x, weight, ownBias] = [
    draw.value('x', [draw.pick([1, 1, 2]), channels, ...sizes], 'u8'),
    builder.constant('weight', weightConstant(shape, values, scales, 8)),
    builder.constant('bias', { dtype: 'i32', shape: [outChannels], data: bias }),
  ];
  const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad] };
  const options = { attributes, quantization: draw.quantization() };
  const first = builder.node('conv', [x, weight, ownBias], options);
  if (draw.random() < 0.5) return draw.finish(first);
  const second = builder.node('conv', [x, weight], { attributes, quantization: draw.quantization() });
  const sum = builder.node('add', [first, second], { quantization: draw.quantization() });
  return draw.finish(sum);
}

export function fullyConnected(draw: Draw): Case {
  const [outFeatures, inFeatures] = [draw.integer(1, 20), draw.integer(1, 70)];
  const inputShape = [...draw.shape(draw.integer(0, 3), 5), inFeatures];
  const { x, weight, bias, quantization } = weights(draw, inputShape, [outFeatures, inFeatures]);
  const inputs = draw.random() < 0.2 ? [x, weight] : [x, weight, bias];
  return draw.finish(draw.builder.node('linear', inputs, quantization ? { quantization } : {}));
}

/** A layer of few rows of which few weights are not zero, alone or by four inputs, with a residual now and then. */
export function prunedLinear(draw: Draw): Case {
  const { builder } = draw;
  const [rows, inFeatures, outFeatures] = [
    draw.pick([1, 1, 1, 3]),
    draw.integer(40, 140),
    draw.integer(1, 40),
  ];
  const [group, density] = [draw.pick([1, 4]), draw.real(0, 0.2)];
  const groups = Math.ceil(inFeatures / group);
  const kept = draw.list(outFeatures * groups, () => draw.random() < density);
  const values = draw
    .list(outFeatures * inFeatures, () => draw.pick([-128, 127, draw.integer(-128, 127)]))
    .map((value, i) => {
      const [out, input] = [Math.floor(i / inFeatures), i % inFeatures];
      return kept[out * groups + Math.floor(input / group)] ? value : 0;
    });
  const scales = draw.list(outFeatures, () => draw.real(0.001, 0.05));
  const bias = Int32Array.from(draw.list(outFeatures, () => draw.integer(-3000, 3000)));
  const [x, weight, ownBias] = [
    draw.value('x', [rows, inFeatures], 'u8'),
    builder.constant('weight', weightConstant([outFeatures, inFeatures], values, scales, 8)),
    builder.constant('bias', { dtype: 'i32', shape: [outFeatures], data: bias }),
  ];
  const first = builder.node('linear', [x, weight, ownBias], { quantization: draw.quantization() });
  if (draw.random() < 0.5) return draw.finish(first);
  const second = builder.node('linear', [x, weight], { quantization: draw.quantization() });
  return draw.finish(builder.node('add', [first, second], { quantization: draw.quantization() }));
}
