import { convolutionUnitCount, stageMode } from '../../../src/compile/kernels/dense.js';
import { foldedBias, paddedChannels, stagedZeroPoint, weightSums } from '../../../src/compile/pack/bias.js';
import { packDepthwiseWeights, packFloatDepthwiseWeights } from '../../../src/compile/pack/depthwise.js';
import { packIntegerWeights } from '../../../src/compile/pack/integer-reference.js';
import { depthwisePatches, type Patches, patches } from '../../../src/compile/pack/patches.js';
import { type KernelBits, runLength, type WeightShape } from '../../../src/compile/pack/weights.js';
import { packedFloats, packFloatWeights } from '../../../src/compile/pack/weights_f32.js';
import type { Sandbox } from '../harness.js';
import { type Flavour, sandboxOf } from './emulated.js';
import { type Convolution, outputLength, type Requantization, type ResidualAddition } from './reference.js';

export interface IntegerCase {
  readonly convolution: Convolution;
  readonly bits: KernelBits;
  readonly input: Uint8Array;
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly requantization: Requantization;
  readonly residual?: ResidualAddition;
  readonly pixelBlock: number;
  readonly parts: number;
}

export interface Staged {
  readonly pointer: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Stages an image with its border as a convolution needs it. */
export function stage(
  sandbox: Sandbox,
  kernel: 'u8_stage' | 'f32_stage',
  input: number,
  c: Convolution,
  options: { channels: number; elementBytes: number; mode: number; fill: number; parts: number },
): Staged {
  const height = (c.outHeight - 1) * c.strideY + (c.kernelHeight - 1) * c.dilationY + 1;
  const width = (c.outWidth - 1) * c.strideX + (c.kernelWidth - 1) * c.dilationX + 1;
  const pointer = sandbox.reserve(c.images * height * width * options.channels * options.elementBytes);
  const fields = {
    ...{ input, output: pointer, images: c.images, height: c.height, width: c.width },
    ...{ sourceStride: c.channels, channels: c.channels, stagedChannels: options.channels },
    ...{ stagedHeight: height, stagedWidth: width, top: c.top, left: c.left },
    ...{ fill: options.fill, mode: options.mode },
  };
  sandbox.run(kernel, fields, c.images * height, options.parts);
  return { pointer, height, width, channels: options.channels };
}

function stagedPatches(c: Convolution, staged: Staged, elementBytes: 1 | 2 | 4): Patches {
  const { height: stagedHeight, width: stagedWidth, channels } = staged;
  return patches({ ...c, stagedHeight, stagedWidth, stagedChannels: channels, channels, elementBytes });
}

/** Reorders weights [outChannels][kernelHeight][kernelWidth][channels] into the segments of a patch. */
function segmentWeights<T extends Int8Array | Float32Array>(
  weights: T,
  c: Convolution,
  stagedChannels: number,
  result: T,
): T {
  const taps = c.outChannels * c.kernelHeight * c.kernelWidth;
  for (let tap = 0; tap < taps; tap++) {
    result.set(weights.subarray(tap * c.channels, (tap + 1) * c.channels), tap * stagedChannels);
  }
  return result;
}

/** Elements of a staged activation, and how u8_stage writes them. */
function activationsOf({ variant, form }: Flavour) {
  if (variant === 'simd') return { elementBytes: 2, mode: stageMode.widened } as const;
  return { elementBytes: 1, mode: form === 'flipped' ? stageMode.flipped : stageMode.unsigned } as const;
}

/** Stages and packs the case and runs the kernel; the output's bytes. */
export function runIntegerConvolution(flavour: Flavour, test: IntegerCase): Uint8Array {
  const sandbox = sandboxOf(flavour);
  const c = test.convolution;
  const { elementBytes, mode } = activationsOf(flavour);
  const joined = c.dilationX === 1 || c.kernelWidth === 1;
  const channels = joined ? c.channels : Math.ceil(c.channels / 4) * 4;
  const { inputZeroPoint: fill } = test.requantization;
  const options = { channels, elementBytes, mode, fill, parts: test.parts };
  const staged = stage(sandbox, 'u8_stage', sandbox.place(test.input), c, options);
  const patch = stagedPatches(c, staged, elementBytes);
  const { segmentLength } = patch;
  const shape: WeightShape = {
    outChannels: c.outChannels,
    segments: patch.segmentOffsets.length,
    segmentLength,
  };
  const taps = c.outChannels * c.kernelHeight * c.kernelWidth;
  const weights = segmentWeights(test.weights, c, channels, new Int8Array(taps * channels));
  const bias = foldedBias(
    test.bias,
    weightSums(test.weights, c.outChannels),
    stagedZeroPoint(fill, flavour.form),
  );
  const output = sandbox.reserve(outputLength(c));
  const pixels = c.images * c.outHeight * c.outWidth;
  const fields = {
    ...pointers(sandbox, staged, patch, output),
    weights: sandbox.place(packIntegerWeights(weights, shape, test.bits, sandbox.variant)),
    bias: sandbox.place(bias),
    multiplier: sandbox.place(paddedChannels(test.requantization.multiplier)),
    ...{ segments: shape.segments, run: runLength(segmentLength, test.bits), pixels },
    ...{ pixelBlock: test.pixelBlock, outChannels: c.outChannels, outputStride: c.outChannels },
    ...{ zeroPoint: test.requantization.zeroPoint },
    ...{ minimum: test.requantization.minimum, maximum: test.requantization.maximum },
    ...residualFields(sandbox, c, test.residual),
  };
  const units = convolutionUnitCount(pixels, test.pixelBlock, c.outChannels);
  sandbox.run(`u8i${test.bits}_conv_6x8`, fields, units, test.parts);
  return sandbox.read(Uint8Array, output, outputLength(c));
}

function pointers(sandbox: Sandbox, staged: Staged, patch: Patches, output: number) {
  return {
    input: staged.pointer,
    output,
    segmentOffsets: sandbox.place(patch.segmentOffsets),
    pixelOffsets: sandbox.place(patch.pixelOffsets),
  };
}

function residualFields(sandbox: Sandbox, c: Convolution, residual: ResidualAddition | undefined) {
  const { values, ...numbers } = residual ?? noResidual;
  return {
    ...numbers,
    residual: residual === undefined ? 0 : sandbox.place(values),
    residualStride: c.outChannels,
  };
}

const noResidual: ResidualAddition = {
  values: new Uint8Array(0),
  ...{ ownMultiplier: 0, residualMultiplier: 0, residualZeroPoint: 0 },
  ...{ sumZeroPoint: 0, sumMinimum: 0, sumMaximum: 0 },
};

export interface FloatCase {
  readonly convolution: Convolution;
  readonly input: Float32Array;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly residual?: Float32Array;
  readonly minimum: number;
  readonly maximum: number;
  readonly pixelBlock: number;
  readonly parts: number;
}

/** Weights [outChannels][kernelHeight][kernelWidth][channels] as graphs have them, the window last. */
export function channelsFirst(weights: Float32Array, c: Convolution): Float32Array {
  const window = c.kernelHeight * c.kernelWidth;
  return weights.map((_, i) => {
    const [position, channel, out] = [
      i % window,
      Math.floor(i / window) % c.channels,
      Math.floor(i / window / c.channels),
    ];
    return weights[(out * window + position) * c.channels + channel] ?? 0;
  });
}

/** As runIntegerConvolution for f32. */
export function runFloatConvolution(sandbox: Sandbox, test: FloatCase): Float32Array {
  const c = test.convolution;
  const options = { channels: c.channels, elementBytes: 4, mode: 0, fill: 0, parts: test.parts };
  const staged = stage(sandbox, 'f32_stage', sandbox.place(test.input), c, options);
  const patch = stagedPatches(c, staged, 4);
  const shape: WeightShape = {
    outChannels: c.outChannels,
    segments: patch.segmentOffsets.length,
    segmentLength: patch.segmentLength,
  };
  const window = c.kernelHeight * c.kernelWidth;
  const sizes = { outChannels: c.outChannels, channels: c.channels, window };
  const packed = new Float32Array(packedFloats(sizes));
  packFloatWeights(channelsFirst(test.weights, c), sizes, packed);
  const bias = new Float32Array(Math.ceil(c.outChannels / 8) * 8);
  bias.set(test.bias);
  const output = sandbox.reserve(outputLength(c) * 4);
  const pixels = c.images * c.outHeight * c.outWidth;
  const fields = {
    ...pointers(sandbox, staged, patch, output),
    weights: sandbox.place(packed),
    bias: sandbox.place(bias),
    residual: test.residual === undefined ? 0 : sandbox.place(test.residual),
    residualStride: c.outChannels,
    ...{ segments: shape.segments, run: shape.segmentLength, pixels, pixelBlock: test.pixelBlock },
    ...{ outChannels: c.outChannels, outputStride: c.outChannels },
    ...{ minimum: test.minimum, maximum: test.maximum },
  };
  const units = convolutionUnitCount(pixels, test.pixelBlock, c.outChannels);
  sandbox.run('f32_conv_6x8', fields, units, test.parts);
  return sandbox.read(Float32Array, output, outputLength(c));
}

/** u8_depthwise on a case whose weights are [channels][kernelHeight][kernelWidth]. */
export function runIntegerDepthwise(flavour: Flavour, test: IntegerCase): Uint8Array {
  const sandbox = sandboxOf(flavour);
  const c = test.convolution;
  const { elementBytes, mode } = activationsOf(flavour);
  const q = test.requantization;
  const options = { channels: c.channels, elementBytes, mode, fill: q.inputZeroPoint, parts: test.parts };
  const staged = stage(sandbox, 'u8_stage', sandbox.place(test.input), c, options);
  const patch = depthwisePatches({ ...c, ...stagedSize(staged), elementBytes });
  const shape = { channels: c.channels, taps: c.kernelHeight * c.kernelWidth };
  const zeroPoint = stagedZeroPoint(q.inputZeroPoint, flavour.form);
  const bias = foldedBias(test.bias, weightSums(test.weights, c.channels), zeroPoint);
  const output = sandbox.reserve(outputLength(c));
  const pixels = c.images * c.outHeight * c.outWidth;
  const fields = {
    ...pointers(sandbox, staged, patch, output),
    weights: sandbox.place(packDepthwiseWeights(test.weights, shape, sandbox.variant)),
    bias: sandbox.place(bias),
    multiplier: sandbox.place(paddedChannels(q.multiplier)),
    ...{ segments: patch.segmentOffsets.length, run: 1, pixels, pixelBlock: test.pixelBlock },
    ...{ outChannels: c.channels, outputStride: c.channels },
    ...{ zeroPoint: q.zeroPoint, minimum: q.minimum, maximum: q.maximum },
    ...residualFields(sandbox, c, test.residual),
  };
  sandbox.run('u8_depthwise', fields, convolutionUnitCount(pixels, test.pixelBlock, c.channels), test.parts);
  return sandbox.read(Uint8Array, output, outputLength(c));
}

/** f32_depthwise on a case whose weights are [channels][kernelHeight][kernelWidth]. */
export function runFloatDepthwise(sandbox: Sandbox, test: FloatCase): Float32Array {
  const c = test.convolution;
  const options = { channels: c.channels, elementBytes: 4, mode: 0, fill: 0, parts: test.parts };
  const staged = stage(sandbox, 'f32_stage', sandbox.place(test.input), c, options);
  const patch = depthwisePatches({ ...c, ...stagedSize(staged), elementBytes: 4 });
  const shape = { channels: c.channels, taps: c.kernelHeight * c.kernelWidth };
  const output = sandbox.reserve(outputLength(c) * 4);
  const pixels = c.images * c.outHeight * c.outWidth;
  const fields = {
    ...pointers(sandbox, staged, patch, output),
    weights: sandbox.place(packFloatDepthwiseWeights(test.weights, shape)),
    bias: sandbox.place(paddedChannels(test.bias)),
    ...{ residual: 0, residualStride: 0, segments: shape.taps, run: 1, pixels, pixelBlock: test.pixelBlock },
    ...{ outChannels: c.channels, outputStride: c.channels },
    ...{ minimum: test.minimum, maximum: test.maximum },
  };
  sandbox.run('f32_depthwise', fields, convolutionUnitCount(pixels, test.pixelBlock, c.channels), test.parts);
  return sandbox.read(Float32Array, output, outputLength(c));
}

function stagedSize({ height, width, channels }: Staged) {
  return { stagedHeight: height, stagedWidth: width, stagedChannels: channels };
}
