import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spreadOf } from '../statistics.js';
import type { KernelRate } from './compare.js';
import { Bench, type Layer, type PlacedLayer, placeLayer, resnet18 } from './layers.js';

type Peaks = Readonly<Record<string, () => number>>;

const hotLayers: readonly Layer[] = [
  [64, 32],
  [128, 16],
  [256, 8],
  [512, 4],
].map(([channels = 0, size = 0]) => ({
  ...{ channels, outChannels: channels, size, kernel: 3, stride: 1, residual: false },
}));

const allKernels = ['u8i8_conv_6x8', 'u8i4_conv_6x8', 'u8i2_conv_6x8', 'f32_conv_6x8', 'f32_winograd_3x3'];

export async function main(
  args: string[],
  root: string,
  measurePeaks: (relaxed: boolean) => Promise<Peaks>,
): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      kernels: { type: 'string', default: allKernels.join(',') },
      rounds: { type: 'string', default: '31' },
      variant: { type: 'string', default: relaxedRuns(root) ? 'relaxed' : 'simd' },
      stack: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const relaxed = values.variant === 'relaxed';
  const module = new WebAssembly.Module(
    readFileSync(join(root, `build/kernels/core-${values.variant}.wasm`)),
  );
  const peaks = await measurePeaks(relaxed);
  const results = values.kernels.split(',').flatMap((kernel) => {
    const peak = peakOf(peaks, kernel, relaxed);
    const rounds = Number(values.rounds);
    if (values.stack) return [measureStack(new Bench(module, relaxed), kernel, peak, rounds)];
    return hotLayers.map((layer) => measureLayer(new Bench(module, relaxed), kernel, layer, peak, rounds));
  });
  if (values.json) console.log(JSON.stringify({ variant: values.variant, results }));
  else for (const result of results) console.log(lineOf(result));
}

function relaxedRuns(root: string): boolean {
  return WebAssembly.validate(readFileSync(join(root, 'build/kernels/core-relaxed.wasm')));
}

function peakOf(peaks: Peaks, kernel: string, relaxed: boolean): () => number {
  const float = relaxed ? 'f32_madd' : 'f32_mul_add';
  const integer = relaxed ? 'relaxed_dot' : 'i16_dot';
  const peak = peaks[kernel.startsWith('f32') ? float : integer];
  if (peak === undefined) throw new Error(`no peak for ${kernel}`);
  return peak;
}

function lineOf({ kernel, shape, rate, ofPeak, milliseconds }: KernelRate): string {
  const figures = `${rate.toFixed(1)} GMAC/s ${(100 * ofPeak.ratio).toFixed(1)}% of peak ${milliseconds.toFixed(3)} ms`;
  return `${kernel.padEnd(15)} ${shape.padEnd(16)} ${figures}`;
}

function measureLayer(
  bench: Bench,
  kernel: string,
  layer: Layer,
  peak: () => number,
  rounds: number,
): KernelRate {
  const shape = `${layer.channels}x${layer.outChannels}x${layer.size}x${layer.size}`;
  return measure({ kernel, shape, layers: [placeLayer(bench, kernel, layer)], peak, rounds });
}

function measureStack(bench: Bench, kernel: string, peak: () => number, rounds: number): KernelRate {
  const layers = resnet18().map((layer) => placeLayer(bench, kernel, layer));
  return measure({ kernel, shape: 'resnet18', layers, peak, rounds });
}

interface Measurement {
  readonly kernel: string;
  readonly shape: string;
  readonly layers: readonly PlacedLayer[];
  readonly peak: () => number;
  readonly rounds: number;
}

/** Time for the engine's optimizing compiler to replace the code it starts with. */
const warmUpMilliseconds = 1500;

/** Processor time, which other programs on the machine disturb less than the clock. */
function processMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Times staging and convolution of the layers in turn with the peak loop. */
function measure({ kernel, shape, layers, peak, rounds }: Measurement): KernelRate {
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  const repeats = Math.max(1, Math.round(8e7 / macs));
  const once = (): number => {
    const start = processMilliseconds();
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const layer of layers) {
        layer.stage();
        layer.convolve();
      }
    }
    return (processMilliseconds() - start) / repeats;
  };
  for (const start = performance.now(); performance.now() - start < warmUpMilliseconds; ) peak() + once();
  const samples = Array.from({ length: rounds }, () => {
    const atMost = peak();
    const milliseconds = once();
    return { milliseconds, rate: macs / milliseconds / 1e6, ofPeak: macs / milliseconds / 1e6 / atMost };
  });
  const spread = (key: keyof (typeof samples)[0]) => spreadOf(samples.map((sample) => sample[key]));
  const { median: ratio, low, high } = spread('ofPeak');
  return {
    kernel,
    shape,
    rate: spread('rate').median,
    ofPeak: { ratio, low, high },
    milliseconds: spread('milliseconds').median,
  };
}
