import { type AttentionSizes, attentionSizes, maskStrides } from '../../../graph/ops/attention.js';
import type { NodeFor } from '../../../graph/ops/table.js';
import { requantizeMultiplier } from '../../../graph/quantized.js';
import type { FusedNode } from '../../fuse.js';
import { attentionBlocks } from '../../kernels/attention.js';
import { stageMode } from '../../kernels/dense.js';
import { stagedZeroPoint } from '../../pack/bias.js';
import type { DotProduct } from '../../plan.js';
import { type Argument, pointer } from '../../program.js';
import { type Context, define, type Lowering, quantizationOf, use, type Value } from '../context.js';
import { rowMajor } from '../movement.js';

const roundUp = (count: number, multiple: number): number => Math.ceil(count / multiple) * multiple;

/** Fields of the mask: none where there is none. */
function maskFields(
  context: Context,
  fused: FusedNode<NodeFor<'attention'>>,
  sizes: AttentionSizes,
): Record<string, Argument> {
  if (!fused.node.inputs[3]) return { mask: 0, maskBatch: 0, maskHead: 0, maskQuery: 0 };
  const mask = rowMajor(context, use(context, fused, 3));
  const [maskBatch = 0, maskHead = 0, maskQuery = 0] = maskStrides(fused.node, mask.type, sizes);
  return { mask: mask.at, maskBatch, maskHead, maskQuery };
}

const modes: Readonly<Record<DotProduct, number>> = {
  usdot: stageMode.unsigned,
  sdot: stageMode.flipped,
  i16: stageMode.widened,
};

interface Operands {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly output: Value;
  readonly sizes: AttentionSizes;
  readonly heads: number;
  /** Images times heads. */
  readonly groups: number;
}

/** Packs the keys and values; what the kernels of attention need beyond that which both have. */
function packReal({ program }: Context, { k, v, sizes, heads, groups }: Operands): Record<string, Argument> {
  const { keys, depth, valueDepth } = sizes;
  const packed = {
    packedKeys: pointer(program.scratch(`${k.name}.packed`, 4 * groups * roundUp(keys, 8) * depth)),
    packedValues: pointer(program.scratch(`${v.name}.packed`, 4 * groups * roundUp(valueDepth, 8) * keys)),
  };
  const shape = { heads, keys, depth, valueDepth };
  program.call('f32_pack_attention', groups, { key: k.at, value: v.at, ...packed, ...shape });
  return packed;
}

function packInteger(context: Context, operands: Operands): Record<string, Argument> {
  const { program, target } = context;
  const { q, k, v, output, sizes, heads, groups } = operands;
  const { keys, depth, valueDepth } = sizes;
  const [wholeKeys, features] = [roundUp(keys, 8), roundUp(valueDepth, 8)];
  const scratch = (name: string, bytes: number) => pointer(program.scratch(name, bytes * groups));
  const packed = {
    packedKeys: scratch(`${k.name}.packed`, wholeKeys * roundUp(depth, 4)),
    packedValues: scratch(`${v.name}.packed`, features * roundUp(keys, 4)),
    keyBias: scratch(`${k.name}.bias`, 4 * wholeKeys),
    valueBias: scratch(`${v.name}.bias`, 4 * features),
  };
  const form = target.dot === 'sdot' ? 'flipped' : 'unsigned';
  program.call('u8_pack_attention', groups, {
    ...{ key: k.at, value: v.at, ...packed, heads, keys, depth, valueDepth },
    queryZeroPoint: stagedZeroPoint(quantizationOf(q).zeroPoint, form),
    weightZeroPoint: stagedZeroPoint(0, form),
  });
  const own = quantizationOf(output);
  return {
    ...packed,
    multiplier: requantizeMultiplier(quantizationOf(v).scale, own.scale),
    zeroPoint: own.zeroPoint,
    mode: modes[target.dot],
  };
}

export const lowerAttention: Lowering<NodeFor<'attention'>> = (context, fused) => {
  const { program, target } = context;
  const { heads, scale } = fused.node.attributes;
  const [q, k, v] = [use(context, fused, 0), use(context, fused, 1), use(context, fused, 2)];
  const sizes = attentionSizes(fused.node, [q.type, k.type, v.type]);
  const mask = maskFields(context, fused, sizes);
  const output = define(context, fused.output);
  const groups = sizes.batch * heads;
  const operands = { q, k, v, output, sizes, heads, groups };
  const isInteger = output.type.dtype === 'u8';
  const packed = isInteger ? packInteger(context, operands) : packReal(context, operands);
  const { units, scratchBytes, ...blocks } = attentionBlocks(
    groups,
    sizes,
    isInteger ? (target.dot === 'i16' ? 2 : 1) : 0,
  );
  const { queries, keys, depth, valueDepth } = sizes;
  program.call(isInteger ? 'u8_attention' : 'f32_attention', units, {
    ...{ query: q.at, output: output.at, ...packed, ...mask, ...blocks },
    scratch: pointer(program.scratch(`${output.name}.scores`, scratchBytes * units)),
    ...{ scratchBytes, heads, queries, keys, depth, valueDepth },
    scale: isInteger
      ? Math.fround(scale * quantizationOf(q).scale * quantizationOf(k).scale * Math.LOG2E)
      : scale,
  });
};
