import type { FusedNode } from '../../fuse.js';
import { sparseUnits, stagePlanesUnits } from '../../kernels/sparse.js';
import { foldedBias } from '../../pack/bias.js';
import { packSparseWeights, planePitch } from '../../pack/sparse.js';
import { roundUp } from '../../pack/weights.js';
import { nowhere, type Pointer, pointer } from '../../program.js';
import { type Context, useValue, type Value } from '../context.js';
import type { Convolution } from '../dense-part.js';
import { type IntegerLayer, residualFields } from '../integer-layer.js';
import type { PlanesPlan } from './choice.js';

/** Elements that kernels read past the end of the last plane. */
const overRead = 16;

/** Output pixels of a work unit: few enough that threads share a call evenly. */
const pixelBlock = 128;

/** Emits an integer convolution by the weights that are not zero, over planes of its input. */
export function emitPlanes(
  context: Context,
  fused: FusedNode,
  x: Value,
  output: Value,
  problem: Convolution,
  plan: PlanesPlan,
  layer: IntegerLayer,
): void {
  const { program } = context;
  const { layout, rowChannels } = plan;
  const { outChannels } = problem;
  const { name } = fused.node;
  const { starts, rows, words, sums } = packSparseWeights(
    layer.weights,
    plan.shape,
    layout,
    rowChannels,
    plan.indices,
    plan.words,
  );
  const span = roundUp(layout.span, 16);
  const planes = pointer(program.scratch(`${name}.out`, span * outChannels));
  const input = stagePlanes(context, name, x, plan);
  const kernel = rowChannels === 1 ? 'u8i8_sparse_1x32' : 'u8i8_grouped_1x32';
  program.call(kernel, sparseUnits(span, pixelBlock, outChannels), {
    ...{ input, output: planes },
    starts: program.constant(`${name}.starts`, starts),
    rows: program.constant(`${name}.rows`, rows),
    weights: program.constant(`${name}.weights`, words),
    bias: program.constant(`${name}.bias`, foldedBias(layer.bias, sums, layer.stagedZeroPoint)),
    multiplier: program.constant(`${name}.multipliers`, layer.multipliers),
    ...{ pixels: span, pixelBlock, outChannels },
    ...layer.requantization,
  });
  program.call('u8_unstage_planes', layout.rows.length, {
    ...{ input: planes, output: output.at, rows: program.constant(`${name}.outRows`, layout.rows) },
    ...{ width: layout.rowPixels, pixels: problem.images * problem.outHeight * problem.outWidth },
    ...{ channels: outChannels, pitch: span },
    residual: fused.residual ? useValue(context, fused.residual.value).at : nowhere,
    ownZeroPoint: layer.requantization.zeroPoint,
    ...residualFields(context, fused, layer.scale),
  });
}

/** Brings the input into planes. */
function stagePlanes(context: Context, name: string, x: Value, plan: PlanesPlan): Pointer {
  const { program, target } = context;
  const { layout, rowChannels: group } = plan;
  const { channels } = plan.shape;
  const pitch = planePitch(layout) * group;
  const count = roundUp(channels, 16) / group;
  const planes = pointer(program.scratch(`${name}.planes`, pitch * count + overRead * group));
  const border = new Uint8Array(16).fill(x.type.quantization?.zeroPoint ?? 0);
  program.call('u8_stage_planes', stagePlanesUnits(layout.positions, channels), {
    input: x.at,
    output: planes,
    offsets: program.constant(`${name}.offsets`, layout.offsets),
    border: program.constant(`${name}.border`, border),
    ...{ positions: layout.positions, channels, pitch, group },
    flip: target.dot === 'sdot' ? 1 : 0,
  });
  return planes;
}
