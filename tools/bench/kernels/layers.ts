import { convolutionUnitCount, pixelBlockFor, stageMode } from '../../../src/compile/kernels/dense.js';
import type { KernelRow } from '../../../src/compile/kernels/row.js';
import { kernels } from '../../../src/compile/kernels/table.js';
import { packIntegerWeights } from '../../../src/compile/pack/integer-reference.js';
import { patches } from '../../../src/compile/pack/patches.js';
import { type KernelBits, runLength, type WeightShape } from '../../../src/compile/pack/weights.js';
import { packedFloats } from '../../../src/compile/pack/weights_f32.js';
import { winogradApplies } from '../../../src/compile/pack/winograd.js';
import { placeWinograd } from './winograd.js';

/** A square convolution with a border that keeps the size, before its stride. */
export interface Layer {
  readonly channels: number;
  readonly outChannels: number;
  readonly size: number;
  readonly kernel: 1 | 3;
  readonly stride: 1 | 2;
  readonly residual: boolean;
}

export interface PlacedLayer {
  readonly macs: number;
  readonly stage: () => void;
  readonly convolve: () => void;
}

type Kernel = (parameters: number, begin: number, end: number) => void;

/** A memory that only grows, and the kernels in it. */
export class Bench {
  readonly #memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
  readonly #exports: WebAssembly.Exports;
  #next = 4096;

  constructor(
    module: WebAssembly.Module,
    readonly relaxed: boolean,
  ) {
    this.#exports = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports;
  }

  place(values: ArrayBufferView | number): number {
    const bytes = typeof values === 'number' ? values : values.byteLength;
    const pointer = this.#next;
    this.#next = Math.ceil((pointer + bytes + 64) / 64) * 64;
    const missing = this.#next - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65536));
    if (typeof values !== 'number') {
      const source = new Uint8Array(values.buffer, values.byteOffset, bytes);
      new Uint8Array(this.#memory.buffer).set(source, pointer);
    }
    return pointer;
  }

  call(name: string, values: Readonly<Record<string, number>>, units: number): () => void {
    const row = kernels.find((candidate: KernelRow) => candidate.name === name);
    if (row === undefined) throw new Error(`no kernel ${name}`);
    const pointer = this.place(row.fields.length * 4);
    const view = new DataView(this.#memory.buffer);
    row.fields.forEach((field, index) => {
      const value = values[field.name] ?? 0;
      if (field.type === 'f32') view.setFloat32(pointer + index * 4, value, true);
      else view.setInt32(pointer + index * 4, value, true);
    });
    const kernel = this.#exports[name] as Kernel;
    return () => kernel(pointer, 0, units);
  }
}

/** Puts a layer with random values into memory. */
export function placeLayer(bench: Bench, kernel: string, layer: Layer): PlacedLayer {
  if (kernel === 'f32_winograd_3x3') {
    const applies = layer.kernel === 3 && layer.stride === 1 && winogradApplies(layer);
    return applies ? placeWinograd(bench, layer) : placeLayer(bench, 'f32_conv_6x8', layer);
  }
  const isFloat = kernel.startsWith('f32');
  const staged = placeStaged(bench, layer, isFloat);
  const outSize = layer.size / layer.stride;
  const pixels = outSize ** 2;
  const patch = patches({
    ...{ images: 1, stagedHeight: staged.size, stagedWidth: staged.size, elementBytes: staged.elementBytes },
    ...{ stagedChannels: staged.channels, channels: staged.channels, dilationY: 1, dilationX: 1 },
    ...{ kernelHeight: layer.kernel, kernelWidth: layer.kernel, outHeight: outSize, outWidth: outSize },
    ...{ strideY: layer.stride, strideX: layer.stride },
  });
  const pixelBlock = pixelBlockFor(pixels);
  const { outChannels } = layer;
  const shape = { outChannels, segments: patch.segmentOffsets.length, segmentLength: patch.segmentLength };
  const fields = {
    ...{ input: staged.at, segments: shape.segments, pixels, pixelBlock },
    ...{ outChannels, outputStride: outChannels, residualStride: outChannels },
    segmentOffsets: bench.place(patch.segmentOffsets),
    pixelOffsets: bench.place(patch.pixelOffsets),
    output: bench.place(pixels * outChannels * (isFloat ? 4 : 1)),
    residual: layer.residual ? bench.place(random(pixels * outChannels, isFloat, 255)) : 0,
    bias: bench.place(new Int32Array(outChannels)),
    ...(isFloat ? floatFields(bench, shape) : integerFields(bench, kernel, shape)),
  };
  return {
    macs: pixels * outChannels * layer.channels * layer.kernel ** 2,
    stage: staged.run,
    convolve: bench.call(kernel, fields, convolutionUnitCount(pixels, pixelBlock, outChannels)),
  };
}

/** The input of a layer, its place with a border around it, and the call that copies the one to the other. */
function placeStaged(bench: Bench, layer: Layer, isFloat: boolean) {
  const elementBytes = isFloat ? 4 : bench.relaxed ? 1 : 2;
  const border = layer.kernel >> 1;
  const size = layer.size + 2 * border;
  const channels = isFloat ? layer.channels : Math.ceil(layer.channels / 4) * 4;
  const at = bench.place(size ** 2 * channels * elementBytes);
  const fields = {
    input: bench.place(random(layer.size ** 2 * layer.channels, isFloat, 255)),
    ...{ output: at, images: 1, height: layer.size, width: layer.size },
    ...{ sourceStride: layer.channels, channels: layer.channels },
    ...{ stagedHeight: size, stagedWidth: size, stagedChannels: channels, top: border, left: border },
    mode: bench.relaxed ? stageMode.unsigned : stageMode.widened,
  };
  const isNeeded = border > 0 || (!isFloat && !bench.relaxed);
  const run = isNeeded ? bench.call(isFloat ? 'f32_stage' : 'u8_stage', fields, size) : () => undefined;
  return { at, size, channels, elementBytes, run } as const;
}

function floatFields(bench: Bench, shape: WeightShape) {
  const { outChannels, segments, segmentLength } = shape;
  const count = packedFloats({ outChannels, channels: segmentLength, window: segments });
  const weights = Float32Array.from({ length: count }, Math.random);
  const run = shape.segmentLength;
  return { weights: bench.place(weights), run, minimum: 0, maximum: Infinity };
}

function integerFields(bench: Bench, kernel: string, shape: WeightShape) {
  const count = shape.outChannels * shape.segments * shape.segmentLength;
  const bits = Number(kernel.slice(3, 4)) as KernelBits;
  const limit = { 8: 127, 4: 7, 2: 1 }[bits];
  const weights = Int8Array.from({ length: count }, () => Math.round((2 * Math.random() - 1) * limit));
  const packed = packIntegerWeights(weights, shape, bits, bench.relaxed ? 'relaxed' : 'simd');
  return {
    weights: bench.place(packed),
    multiplier: bench.place(new Float32Array(shape.outChannels).fill(1e-4)),
    run: runLength(shape.segmentLength, bits),
    ...{ minimum: 0, maximum: 255, zeroPoint: 3, sumMinimum: 0, sumMaximum: 255 },
    ...{ ownMultiplier: 0.5, residualMultiplier: 0.5, residualZeroPoint: 3, sumZeroPoint: 3 },
  };
}

function random(length: number, isFloat: boolean, limit: number): Uint8Array | Float32Array {
  if (isFloat) return Float32Array.from({ length }, () => Math.random());
  return Uint8Array.from({ length }, () => Math.random() * limit);
}

/** The convolutions of ResNet-18 for 32x32 images, in order. */
export function resnet18(): readonly Layer[] {
  const first: Layer = { channels: 3, outChannels: 64, size: 32, kernel: 3, stride: 1, residual: false };
  const layers: Layer[] = [first];
  let channels = 64;
  let size = 32;
  for (const outChannels of [64, 128, 256, 512]) {
    for (let block = 0; block < 2; block++) {
      const stride = outChannels !== channels ? 2 : 1;
      const outSize = size / stride;
      layers.push({ channels, outChannels, size, kernel: 3, stride, residual: false });
      if (stride === 2) layers.push({ channels, outChannels, size, kernel: 1, stride, residual: false });
      const second = { channels: outChannels, outChannels, size: outSize } as const;
      layers.push({ ...second, kernel: 3, stride: 1, residual: true });
      channels = outChannels;
      size = outSize;
    }
  }
  return layers;
}
