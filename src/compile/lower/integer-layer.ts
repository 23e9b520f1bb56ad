import { requantizeMultiplier } from '../../graph/quantized.js';
import type { FusedNode } from '../fuse.js';
import { stagedZeroPoint } from '../pack/bias.js';
import {
  type Context,
  integerClamp,
  internal,
  quantizationOf,
  typeOf,
  useValue,
  type Value,
} from './context.js';
import type { DenseWeights } from './dense-part.js';

/** The numbers of an integer convolution or fully connected layer. */
export interface IntegerLayer {
  readonly weights: Int8Array;
  /** One for each output channel, as multipliers. */
  readonly bias: Int32Array;
  readonly multipliers: Float32Array;
  /** Zero point of the input as it is staged. */
  readonly stagedZeroPoint: number;
  /** Of the layer's own output, before a residual is added. */
  readonly scale: number;
  readonly requantization: {
    readonly zeroPoint: number;
    readonly minimum: number;
    readonly maximum: number;
  };
}

export function integerLayer(
  context: Context,
  fused: FusedNode,
  x: Value,
  { weight, bias }: DenseWeights,
): IntegerLayer {
  const { name, outputs } = fused.node;
  const weights = weight.data instanceof Int8Array ? weight.data : internal('i8 weight expected');
  const scales = weight.quantization?.scales ?? internal(`weight of '${name}' has no scales`);
  const own = typeOf(context, outputs[0] ?? '').quantization ?? internal(`'${name}' has no quantization`);
  const { scale, zeroPoint } = quantizationOf(x);
  const form = context.target.dot === 'sdot' ? 'flipped' : 'unsigned';
  return {
    weights,
    bias: bias?.data instanceof Int32Array ? bias.data : new Int32Array(weight.shape[0] ?? 1),
    multipliers: Float32Array.from(scales, (s) => requantizeMultiplier(scale * s, own.scale)),
    stagedZeroPoint: stagedZeroPoint(zeroPoint, form),
    scale: own.scale,
    requantization: { zeroPoint: own.zeroPoint, ...integerClamp(fused.clamp, own) },
  };
}

/** Fields of the fused addition; zeros where there is none. */
export function residualFields(context: Context, { residual }: FusedNode, ownScale: number) {
  if (!residual) {
    return {
      ownMultiplier: 0,
      residualMultiplier: 0,
      residualZeroPoint: 0,
      sumZeroPoint: 0,
      sumMinimum: 0,
      sumMaximum: 0,
    };
  }
  const sum = typeOf(context, residual.sum).quantization ?? internal(`'${residual.sum}' has no quantization`);
  const added = quantizationOf(useValue(context, residual.value));
  const { minimum, maximum } = integerClamp(residual.clamp, sum);
  return {
    ownMultiplier: requantizeMultiplier(ownScale, sum.scale),
    residualMultiplier: requantizeMultiplier(added.scale, sum.scale),
    residualZeroPoint: added.zeroPoint,
    sumZeroPoint: sum.zeroPoint,
    sumMinimum: minimum,
    sumMaximum: maximum,
  };
}
