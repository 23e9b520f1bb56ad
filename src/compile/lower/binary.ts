import { requantizeMultiplier } from '../../graph/quantized.js';
import { elementCount, type TensorType } from '../../graph/tensor.js';
import type { FusedNode } from '../fuse.js';
import { spanUnits } from '../kernels/tensor-units.js';
import { denseStrides, joinDimensions, physicalOrder, physicalShape, physicalStrides } from '../layout.js';
import type { Argument } from '../program.js';
import {
  type Context,
  define,
  integerClamp,
  type Lowering,
  quantizationOf,
  use,
  type Value,
} from './context.js';
import { dimensionFields } from './strided.js';

const rank = 5;

/** Strides of an operand along the dimensions of the output in memory order: 0 where it repeats. */
function operandStrides(operand: TensorType, output: TensorType): readonly number[] {
  const own = physicalStrides(operand.shape);
  const missing = output.shape.length - operand.shape.length;
  return physicalOrder(output.shape.length).map((axis) =>
    (operand.shape[axis - missing] ?? 1) === 1 ? 0 : (own[axis - missing] ?? 0),
  );
}

function broadcastFields(a: Value, b: Value, output: Value): Record<string, number> {
  const shape = physicalShape(output.type.shape);
  const [aStrides, bStrides] = [operandStrides(a.type, output.type), operandStrides(b.type, output.type)];
  const dense = denseStrides(shape);
  const walks = joinDimensions(
    shape.map((size, i) => ({ size, strides: [aStrides[i] ?? 0, bStrides[i] ?? 0, dense[i] ?? 0] })),
  );
  return dimensionFields(walks, rank, ['aStride', 'bStride']);
}

function integerFields(name: string, fused: FusedNode, [a, b, output]: readonly [Value, Value, Value]) {
  const [qa, qb, q] = [quantizationOf(a), quantizationOf(b), quantizationOf(output)];
  const isProduct = name === 'mul';
  return {
    aZeroPoint: qa.zeroPoint,
    bZeroPoint: qb.zeroPoint,
    aMultiplier: requantizeMultiplier(isProduct ? qa.scale * qb.scale : qa.scale, q.scale),
    bMultiplier: isProduct ? 0 : requantizeMultiplier(qb.scale, q.scale),
    zeroPoint: q.zeroPoint,
    ...integerClamp(fused.clamp, q),
  };
}

/** An operand whose elements lie where those of the output go may be overwritten. */
function allowReuse(context: Context, operands: readonly Value[], output: Value): void {
  const dense = denseStrides(physicalShape(output.type.shape));
  for (const operand of operands) {
    const strides = operandStrides(operand.type, output.type);
    const sameOrder = physicalShape(output.type.shape).every(
      (size, i) => size === 1 || strides[i] === dense[i],
    );
    if (sameOrder) context.program.mayOverwrite(operand.at.buffer, output.at.buffer);
  }
}

/** Lowers an elementwise operation of two operands to `f32_<name>` or `u8_<name>`. */
export function lowerBinary(name: string): Lowering {
  return (context, fused) => {
    const a = use(context, fused, 0);
    const b = use(context, fused, 1);
    const output = define(context, fused.output);
    const isInteger = output.type.dtype === 'u8';
    const parameters: Record<string, Argument> = {
      a: a.at,
      b: b.at,
      output: output.at,
      ...broadcastFields(a, b, output),
      ...(isInteger ? integerFields(name, fused, [a, b, output]) : fused.clamp),
    };
    const kernel = `${isInteger ? 'u8' : 'f32'}_${name}`;
    context.program.call(kernel, spanUnits(elementCount(output.type.shape)), parameters);
    allowReuse(context, [a, b], output);
  };
}
