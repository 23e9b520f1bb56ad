import { requantizeMultiplier } from '../../../graph/quantized.js';
import type { FusedNode } from '../../fuse.js';
import { paddedChannels, stagedZeroPoint } from '../../pack/bias.js';
import { packedFloats } from '../../pack/weights_f32.js';
import { nowhere } from '../../program.js';
import { type Context, define, internal, quantizationOf, type Value } from '../context.js';
import { chooseConvolution } from '../dense-integer.js';
import {
  allowReuse,
  type Convolution,
  commonArguments,
  type DenseWeights,
  denseWeights,
  ofPart,
  type Part,
  partPatches,
  windowSize,
} from '../dense-part.js';
import { stage } from '../stage.js';
import { listEvents, withoutList } from './events.js';
import { firingFields, neuronsAfter, withoutNeurons } from './firing.js';
import { greatestByte } from './greatest.js';

/** Whether bytes are the same as signed ones, so that products of either kind can read them as they are. */
const isSigned = (context: Context, x: Value): boolean =>
  quantizationOf(x).zeroPoint === 0 && greatestByte(context, x.name) <= 127;

/** Integer weights: the sums are exact, then scaled. */
function emitExact(
  context: Context,
  fused: FusedNode,
  x: Value,
  problem: Convolution,
  part: Part,
  layer: DenseWeights,
) {
  const { weight, bias } = layer;
  const { name } = fused.node;
  const weights = weight.data instanceof Int8Array ? weight.data : internal('i8 weight expected');
  const scales = weight.quantization?.scales ?? internal(`weight of '${name}' has no scales`);
  const biases = bias?.data instanceof Int32Array ? bias.data : new Int32Array(problem.outChannels);
  const { scale, zeroPoint } = quantizationOf(x);
  const form = context.target.dot === 'sdot' && !isSigned(context, x) ? 'flipped' : 'unsigned';
  const { bits, ...chosen } = chooseConvolution(context, problem, part, {
    name,
    weights: ofPart(weights, problem, part),
    bias: ofPart(biases, problem, part),
    zeroPoint: stagedZeroPoint(zeroPoint, form),
  });
  const multipliers = scales.map((s) => requantizeMultiplier(scale * s, 1));
  const skipsZeros = zeroPoint === 0 && form === 'unsigned' && bits !== 2;
  return {
    kernel: `u8i${bits}_conv_f32_6x8`,
    fields: {
      ...chosen,
      ...(skipsZeros ? listEvents(context, name, x, problem, part, bits) : withoutList),
      multiplier: context.program.constant(
        `${name}.multipliers`,
        paddedChannels(ofPart(multipliers, problem, part)),
      ),
    },
  };
}

/** f32 weights: added up one by one, in order. */
function emitInOrder(
  context: Context,
  fused: FusedNode,
  x: Value,
  problem: Convolution,
  part: Part,
  layer: DenseWeights,
) {
  const { name } = fused.node;
  const weights =
    layer.weight.data instanceof Float32Array ? layer.weight.data : internal('f32 weight expected');
  const own = ofPart(weights, problem, part);
  const given = layer.bias?.data;
  const biases = given instanceof Float32Array ? given : new Float32Array(problem.outChannels);
  const window = windowSize(problem);
  const shape = { outChannels: part.outChannels, channels: own.length / (part.outChannels * window), window };
  return {
    kernel: 'u8f32_conv_2x8',
    fields: {
      weights: context.program.ownConstant(`${name}.weights`, 4 * packedFloats(shape), {
        kind: 'f32',
        weights: own,
        shape,
      }),
      bias: context.program.constant(`${name}.bias`, paddedChannels(ofPart(biases, problem, part))),
      run: part.patches.segmentLength,
      ...listEvents(context, name, x, problem, part, 'f32'),
      multiplier: nowhere,
      scale: quantizationOf(x).scale,
    },
  };
}

/** Emits a convolution of u8 values into f32, group by group; with the neurons that alone read it where that is possible. */
export function emitReal(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
): void {
  const layer = denseWeights(context, fused);
  const inOrder = layer.weight.dtype === 'f32';
  const channels = problem.channels / problem.groups;
  const patch = windowSize(problem) * channels;
  const neurons = problem.groups === 1 ? neuronsAfter(context, fused, output, patch) : undefined;
  const target = neurons ? define(context, neurons.outputs[0] ?? '') : output;
  for (let index = 0; index < problem.groups; index++) {
    const staged = stage(context, x, {
      name: `${fused.node.name}.staged`,
      firstChannel: index * channels,
      channels,
      pads: problem.pads,
      depth: problem.depth,
      fill: quantizationOf(x).zeroPoint,
      asBytes: inOrder || (context.target.dot === 'sdot' && isSigned(context, x)),
    });
    const outChannels = problem.outChannels / problem.groups;
    const part = { index, outChannels, staged, patches: partPatches(problem, channels, staged) };
    const { units, parameters } = commonArguments(context, fused, target, problem, part);
    const emit = inOrder ? emitInOrder : emitExact;
    const { kernel, fields } = emit(context, fused, x, problem, part, layer);
    const clamp = fused.residual?.clamp ?? fused.clamp;
    const pixels = part.patches.pixelOffsets.length;
    const isBare = !fused.residual && clamp.minimum === -Infinity && clamp.maximum === Infinity;
    const own = neurons
      ? firingFields(context, neurons, target, { pixels, outChannels, isBare })
      : { units, fields: { ...withoutNeurons, stepPixels: pixels } };
    context.program.call(kernel, own.units, { ...parameters, ...fields, ...own.fields, ...clamp });
    if (!neurons) allowReuse(context, fused, output, problem, part);
  }
}
