import { convolutionUnitCount } from '../../../src/compile/kernels/dense.js';
import { sparseUnits, stagePlanesUnits } from '../../../src/compile/kernels/sparse.js';
import { foldedBias, paddedChannels, stagedZeroPoint } from '../../../src/compile/pack/bias.js';
import { packGatheredWeights } from '../../../src/compile/pack/gathered.js';
import { depthwisePatches } from '../../../src/compile/pack/patches.js';
import { type PlaneLayout, planeLayouts } from '../../../src/compile/pack/planes.js';
import { packSparseWeights, planePitch, type RowChannels } from '../../../src/compile/pack/sparse.js';
import { type Flavour, sandboxOf } from '../dense/emulated.js';
import {
  type Convolution,
  outputLength,
  type Requantization,
  type ResidualAddition,
} from '../dense/reference.js';
import { stage as stageImage } from '../dense/run.js';
import type { Sandbox } from '../harness.js';

export interface SparseCase {
  readonly convolution: Convolution;
  readonly rowChannels: RowChannels;
  /** Which of the layouts that the convolution allows. */
  readonly layout: number;
  readonly input: Uint8Array;
  /** [outChannels][kernelHeight][kernelWidth][channels] */
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly requantization: Requantization;
  readonly residual?: ResidualAddition;
  readonly pixelBlock: number;
  readonly parts: number;
}

function layoutOf({ convolution: c, layout }: SparseCase): PlaneLayout {
  const layouts = planeLayouts({
    ...c,
    kernel: [c.kernelHeight, c.kernelWidth],
    strides: [c.strideY, c.strideX],
    dilations: [c.dilationY, c.dilationX],
    pads: [c.top, c.left],
  });
  const chosen = layouts[layout % layouts.length];
  if (!chosen) throw new Error('a convolution has no layout');
  return chosen;
}

/** Weights as graphs have them, the window last. */
function windowLast(weights: Int8Array, c: Convolution): Int8Array {
  const window = c.kernelHeight * c.kernelWidth;
  return weights.map((_, i) => {
    const [tap, rest] = [i % window, Math.floor(i / window)];
    const [channel, out] = [rest % c.channels, Math.floor(rest / c.channels)];
    return weights[(out * window + tap) * c.channels + channel] ?? 0;
  });
}

function stage(sandbox: Sandbox, flavour: Flavour, test: SparseCase, layout: PlaneLayout): number {
  const { convolution: c, rowChannels: group } = test;
  const pitch = planePitch(layout) * group;
  const count = (Math.ceil(c.channels / 16) * 16) / group;
  const output = sandbox.reserve(pitch * count);
  const fields = {
    ...{ input: sandbox.place(test.input), output, offsets: sandbox.place(layout.offsets) },
    border: sandbox.place(new Uint8Array(16).fill(test.requantization.inputZeroPoint)),
    ...{ positions: layout.positions, channels: c.channels, pitch, group },
    flip: flavour.form === 'flipped' ? 1 : 0,
  };
  sandbox.run('u8_stage_planes', fields, stagePlanesUnits(layout.positions, c.channels), test.parts);
  return output;
}

/** Stages and packs the case, convolves and puts the output together; its bytes. */
export function runSparseConvolution(flavour: Flavour, test: SparseCase): Uint8Array {
  const sandbox = sandboxOf(flavour);
  const { convolution: c, requantization: q, rowChannels, pixelBlock } = test;
  const layout = layoutOf(test);
  const input = stage(sandbox, flavour, test, layout);
  const shape = {
    ...{ outChannels: c.outChannels, channels: c.channels, window: c.kernelHeight * c.kernelWidth },
  };
  const packed = packSparseWeights(windowLast(test.weights, c), shape, layout, rowChannels);
  const pixels = Math.ceil(layout.span / 16) * 16;
  const planes = sandbox.reserve(pixels * c.outChannels);
  const zeroPoint = stagedZeroPoint(q.inputZeroPoint, flavour.form);
  const fields = {
    ...{ input, output: planes, pixels, pixelBlock, outChannels: c.outChannels },
    starts: sandbox.place(packed.starts),
    rows: sandbox.place(packed.rows),
    weights: sandbox.place(packed.words),
    bias: sandbox.place(foldedBias(test.bias, packed.sums, zeroPoint)),
    multiplier: sandbox.place(q.multiplier),
    ...{ zeroPoint: q.zeroPoint, minimum: q.minimum, maximum: q.maximum },
  };
  const kernel = rowChannels === 1 ? 'u8i8_sparse_1x32' : 'u8i8_grouped_1x32';
  sandbox.run(kernel, fields, sparseUnits(pixels, pixelBlock, c.outChannels), test.parts);
  return unstage(sandbox, test, layout, planes, pixels);
}

/** Packs the case and convolves by the kernel that gathers its input; the bytes of the output. */
export function runGatheredConvolution(flavour: Flavour, test: SparseCase): Uint8Array {
  const sandbox = sandboxOf(flavour);
  const { convolution: c, requantization: q, pixelBlock, parts, residual } = test;
  const staged = stageImage(sandbox, 'u8_stage', sandbox.place(test.input), c, {
    ...{ channels: c.channels, elementBytes: 1, mode: 0, fill: q.inputZeroPoint, parts },
  });
  const { segmentOffsets, pixelOffsets } = depthwisePatches({
    ...{ ...c, stagedHeight: staged.height, stagedWidth: staged.width, stagedChannels: c.channels },
    elementBytes: 1,
  });
  const shape = { outChannels: c.outChannels, channels: c.channels, window: c.kernelHeight * c.kernelWidth };
  const packed = packGatheredWeights(windowLast(test.weights, c), shape, segmentOffsets);
  const output = sandbox.reserve(outputLength(c));
  const zeroPoint = stagedZeroPoint(q.inputZeroPoint, flavour.form);
  const fields = {
    ...{ input: staged.pointer, output, pixelOffsets: sandbox.place(pixelOffsets), pixelBlock },
    ...{ segmentOffsets: 0, segments: 0, run: 0, pixels: pixelOffsets.length, outChannels: c.outChannels },
    ...{ outputStride: c.outChannels, residualStride: c.outChannels },
    starts: sandbox.place(packed.starts),
    offsets: sandbox.place(packed.offsets),
    weights: sandbox.place(packed.words),
    bias: sandbox.place(foldedBias(test.bias, packed.sums, zeroPoint)),
    multiplier: sandbox.place(paddedChannels(q.multiplier)),
    ...{ zeroPoint: q.zeroPoint, minimum: q.minimum, maximum: q.maximum },
    flip: flavour.form === 'flipped' ? 1 : 0,
    ...residualFields(sandbox, residual),
  };
  const units = convolutionUnitCount(pixelOffsets.length, pixelBlock, c.outChannels);
  sandbox.run('u8i8_gathered_1x8', fields, units, parts);
  return sandbox.read(Uint8Array, output, outputLength(c));
}

function residualFields(sandbox: Sandbox, residual: ResidualAddition | undefined) {
  return {
    residual: residual ? sandbox.place(residual.values) : 0,
    ...{ ownMultiplier: residual?.ownMultiplier ?? 0, residualMultiplier: residual?.residualMultiplier ?? 0 },
    residualZeroPoint: residual?.residualZeroPoint ?? 0,
    ...{ sumZeroPoint: residual?.sumZeroPoint ?? 0, sumMinimum: residual?.sumMinimum ?? 0 },
    sumMaximum: residual?.sumMaximum ?? 0,
  };
}

function unstage(sandbox: Sandbox, test: SparseCase, layout: PlaneLayout, input: number, pitch: number) {
  const { convolution: c, parts, residual } = test;
  const output = sandbox.reserve(outputLength(c));
  const fields = {
    ...{ input, output, rows: sandbox.place(layout.rows), width: layout.rowPixels },
    ...{ pixels: c.images * c.outHeight * c.outWidth, channels: c.outChannels, pitch },
    ownZeroPoint: test.requantization.zeroPoint,
    ...residualFields(sandbox, residual),
  };
  sandbox.run('u8_unstage_planes', fields, layout.rows.length, parts);
  return sandbox.read(Uint8Array, output, outputLength(c));
}
