import type { FusedNode } from '../fuse.js';
import { packedWinograd, planWinograd, winogradPays } from '../pack/winograd.js';
import { pointer } from '../program.js';
import { type Context, internal, useValue, type Value } from './context.js';
import type { Convolution, DenseWeights } from './dense-part.js';
import { stage } from './stage.js';

const isOne = (size: number): boolean => size === 1;

/** Whether a convolution is a dense 3x3 one of stride 1 that Winograd's algorithm makes faster. */
export function usesWinograd(problem: Convolution): boolean {
  const { kernel, strides, dilations, groups, depth } = problem;
  const isSmall = kernel[0] === 3 && kernel[1] === 3 && groups === 1 && !depth;
  const fits = isSmall && [...strides, ...dilations].every(isOne);
  return fits && winogradPays(problem, problem);
}

/** Emits an f32 convolution by Winograd's F(2x2, 3x3). */
export function emitWinograd(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
  { weight, bias }: DenseWeights,
): void {
  const { program } = context;
  const { name } = fused.node;
  const { channels, outChannels, outHeight, outWidth } = problem;
  const { tilesX, tilesY, tiles, tileBlock, ...plan } = planWinograd(problem, problem);
  const data = weight.data instanceof Float32Array ? weight.data : internal('f32 weight expected');
  const size = [plan.stagedHeight, plan.stagedWidth] as const;
  const request = { name: `${name}.staged`, firstChannel: 0, channels, pads: problem.pads, fill: 0, size };
  const staged = stage(context, x, request);
  const residual = fused.residual && useValue(context, fused.residual.value);
  program.call('f32_winograd_3x3', plan.units, {
    input: staged.at,
    weights: program.ownConstant(`${name}.weights`, 4 * packedWinograd(problem), {
      kind: 'winograd',
      weights: data,
      shape: { channels, outChannels },
    }),
    bias: program.constant(`${name}.bias`, bias?.data ?? new Float32Array(outChannels)),
    output: output.at,
    residual: residual?.at ?? 0,
    scratch: pointer(program.scratch(`${name}.tiles`, plan.scratchBytes * plan.units)),
    scratchBytes: plan.scratchBytes,
    channels,
    outChannels,
    stagedHeight: plan.stagedHeight,
    stagedWidth: plan.stagedWidth,
    ...{ tilesX, tilesY, tiles, tileBlock },
    outHeight,
    outWidth,
    outputStride: outChannels,
    residualStride: outChannels,
    ...(fused.residual?.clamp ?? fused.clamp),
  });
  if (residual) program.mayOverwrite(residual.at.buffer, output.at.buffer);
}
