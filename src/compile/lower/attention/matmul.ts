import { broadcastStrides, forEachBroadcast } from '../../../graph/broadcast.js';
import { matmulSizes } from '../../../graph/ops/matmul.js';
import type { NodeFor } from '../../../graph/ops/table.js';
import { convolutionUnitCount, pixelBlockFor } from '../../kernels/dense.js';
import { blockChannels } from '../../pack/weights.js';
import { type Pointer, pointer } from '../../program.js';
import { type Context, define, type Lowering, use, type Value } from '../context.js';
import { rowMajor, rowMajorOutput } from '../movement.js';
import { advance, copyStrided } from '../strided.js';

interface Matrix {
  readonly name: string;
  readonly at: Pointer;
  /** Rows of the matrix: the inner dimension of the product. */
  readonly inner: number;
  readonly columns: number;
}

/** The matrix with its rows filled up to whole blocks of columns. */
function wholeBlocks({ program }: Context, { name, at, inner, columns }: Matrix): Matrix {
  const whole = Math.ceil(columns / blockChannels) * blockChannels;
  if (whole === columns) return { name, at, inner, columns };
  const filled = pointer(program.scratch(`${name}.filled`, inner * whole * 4));
  const every = (count: number, limit: number, step: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => (i < limit ? i * step : -1));
  program.call('u8_remap', inner, {
    input: at,
    output: filled,
    size1: 1,
    size2: inner,
    size3: whole,
    bytes: 4,
    offsets0: program.constant('zero', new Int32Array(1)),
    offsets1: program.constant('zero', new Int32Array(1)),
    offsets2: program.constant(`${name}.rows`, every(inner, inner, columns * 4)),
    offsets3: program.constant(`${name}.columns`, every(whole, columns, 4)),
    fill: 0,
  });
  return { name, at: filled, inner, columns: whole };
}

/** Brings a computed matrix into the order in which the dense kernel reads weights. */
function packMatrix(context: Context, matrix: Matrix, type: Value['type']): Pointer {
  const { name, at, inner, columns } = wholeBlocks(context, matrix);
  const packed = pointer(context.program.scratch(`${name}.packed`, inner * columns * 4));
  const shape = [columns / blockChannels, inner, blockChannels];
  copyStrided(context, at, { name, type, at: packed }, shape, [blockChannels, columns, 1]);
  return packed;
}

export const lowerMatmul: Lowering<NodeFor<'matmul'>> = (context, fused) => {
  const { program } = context;
  const [a, b] = [rowMajor(context, use(context, fused, 0)), rowMajor(context, use(context, fused, 1))];
  const output = define(context, fused.output);
  const { batch, batchA, batchB, rows, inner, columns } = matmulSizes(fused.node, a.type.shape, b.type.shape);
  const { at: result, settle } = rowMajorOutput(context, output);
  const packed = new Map<number, Pointer>();
  forEachBroadcast(batch, broadcastStrides(batchA, batch), broadcastStrides(batchB, batch), (i, ia, ib) => {
    const matrix = { name: b.name, at: advance(b.at, ib * inner * columns, 4), inner, columns };
    const weights = packed.get(ib) ?? packMatrix(context, matrix, b.type);
    packed.set(ib, weights);
    const pixelBlock = pixelBlockFor(rows);
    program.call('f32_conv_6x8', convolutionUnitCount(rows, pixelBlock, columns), {
      input: advance(a.at, ia * rows * inner, 4),
      weights,
      bias: program.constant('zeros', new Float32Array(Math.ceil(columns / blockChannels) * blockChannels)),
      output: advance(result, i * rows * columns, 4),
      residual: 0,
      segmentOffsets: program.constant('zero', new Int32Array(1)),
      pixelOffsets: program.constant(
        `${a.name}.rows`,
        Int32Array.from({ length: rows }, (_, row) => row * inner * 4),
      ),
      segments: 1,
      run: inner,
      pixels: rows,
      pixelBlock,
      outChannels: columns,
      outputStride: columns,
      residualStride: 0,
      ...fused.clamp,
    });
  });
  settle();
};
