import { packedWinograd, planWinograd } from '../../../src/compile/pack/winograd.js';
import type { Bench, Layer, PlacedLayer } from './layers.js';

/** As placeLayer for a 3x3 layer of stride 1. Rates count the multiplications of the plain convolution. */
export function placeWinograd(bench: Bench, layer: Layer): PlacedLayer {
  const { channels, outChannels, size } = layer;
  const plan = planWinograd(layer, { images: 1, outHeight: size, outWidth: size });
  const input = bench.place(Float32Array.from({ length: size * size * channels }, Math.random));
  const staged = bench.place(plan.stagedHeight * plan.stagedWidth * channels * 4);
  const weights = Float32Array.from({ length: packedWinograd(layer) }, () => Math.random() - 0.5);
  const { units, ...sizes } = plan;
  const fields = {
    ...sizes,
    ...{ input: staged, channels, outChannels, outHeight: size, outWidth: size },
    ...{ outputStride: outChannels, residualStride: outChannels, minimum: 0, maximum: Infinity },
    weights: bench.place(weights),
    bias: bench.place(new Float32Array(outChannels)),
    output: bench.place(size * size * outChannels * 4),
    residual: layer.residual ? bench.place(new Float32Array(size * size * outChannels)) : 0,
    scratch: bench.place(plan.scratchBytes * units),
  };
  const stageFields = {
    ...{ input, output: staged, images: 1, height: size, width: size },
    ...{ sourceStride: channels, channels, stagedChannels: channels, top: 1, left: 1 },
    ...{ stagedHeight: plan.stagedHeight, stagedWidth: plan.stagedWidth },
  };
  return {
    macs: size * size * outChannels * channels * 9,
    stage: bench.call('f32_stage', stageFields, plan.stagedHeight),
    convolve: bench.call('f32_winograd_3x3', fields, units),
  };
}
