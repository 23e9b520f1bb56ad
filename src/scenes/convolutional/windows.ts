import type { NodeOptions } from '../../graph/builder.js';
import type { NodeFor } from '../../graph/ops/table.js';
import { sameShape } from '../../graph/tensor.js';
import {
  extentOf,
  isSpatial,
  mapShape,
  type Pair,
  type SceneValue,
  type SpatialValue,
  sceneExtent,
} from './form.js';
import { poolPhases } from './phases.js';
import { type Rewriting, refuse } from './rewriting.js';

/** Why a node cannot be computed over the tile, or undefined once it is. */
export type Refusal = string | undefined;

const paddedBorder =
  'pads the border of the patch with what the scene does not have there, so that neighbouring pixels share nothing';

interface SpatialWindow {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
}

const lastTwo = (list: readonly number[]): Pair => [list.at(-2) ?? 1, list.at(-1) ?? 1];

/** Whether any of `pads`, the beginnings of all axes and then their ends, is along the last two axes. */
function padsSpace(pads: readonly number[]): boolean {
  const axes = pads.length / 2;
  return [...pads.slice(axes - 2, axes), ...pads.slice(-2)].some((pad) => pad > 0);
}

/** What a window that moves by one position of the tile reads and gives. */
interface Sliding {
  readonly input: string;
  /** Distance between the elements of the window. */
  readonly dilations: Pair;
  /** Distance between the positions of a patch in the output. */
  readonly outDilation: Pair;
  /** Positions of a patch that the windows reach. */
  readonly reach: Pair;
}

/** Positions that windows reach which give so many outputs. */
function reachOf(out: Pair, { kernel, strides, dilations }: SpatialWindow): Pair {
  const along = (axis: 0 | 1): number =>
    (out[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
  return [along(0), along(1)];
}

/**
 * A window that slides over the tile by single steps: what the patch network skips by strides, other pixels need. Its
 * elements and its outputs are further apart instead.
 */
function slide(rewriting: Rewriting, x: SpatialValue, out: Pair, window: SpatialWindow): Sliding {
  const { dilation } = x.form;
  const { strides, dilations } = window;
  const reach = reachOf(out, window);
  return {
    input: rewriting.crop(x, [0, 0], reach, dilation),
    dilations: [dilations[0] * dilation[0], dilations[1] * dilation[1]],
    outDilation: [strides[0] * dilation[0], strides[1] * dilation[1]],
    reach,
  };
}

const replaceLastTwo = (list: readonly number[], last: Pair): readonly number[] => [
  ...list.slice(0, -2),
  ...last,
];

export function convOverTile(rewriting: Rewriting, node: NodeFor<'conv'>): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x) || x.form.kind === 'flat') return 'reads no map';
  const { attributes } = node;
  if (padsSpace(attributes.pads)) return paddedBorder;
  const weight = rewriting.graph.constants.get(node.inputs[1] ?? '');
  if (!weight) return 'has no constant weight';
  const sliding = slide(rewriting, x, lastTwo(rewriting.outputShape(node)), {
    kernel: lastTwo(weight.shape),
    strides: lastTwo(attributes.strides),
    dilations: lastTwo(attributes.dilations),
  });
  const own = {
    ...attributes,
    strides: replaceLastTwo(attributes.strides, [1, 1]),
    dilations: replaceLastTwo(attributes.dilations, sliding.dilations),
  };
  rewriting.keep({ ...node, attributes: own }, [sliding.input, ...node.inputs.slice(1)], {
    kind: 'map',
    dilation: sliding.outDilation,
  });
  return undefined;
}

type PoolNode = NodeFor<'maxPool' | 'averagePool' | 'sumPool'>;
type MeanNode = NodeFor<'averagePool' | 'sumPool'>;

/** Averages or sums windows that move by one position of the tile. */
function meanOverTile(
  rewriting: Rewriting,
  node: MeanNode,
  x: SpatialValue,
  out: Pair,
  sliding: Sliding,
): void {
  const form = { kind: 'map', dilation: sliding.outDilation } as const;
  if (x.form.dilation.every((distance) => distance === 1)) {
    rewriting.keep(node, [sliding.input], form);
    return;
  }
  const extent = sceneExtent(rewriting.tile, sliding.reach, x.form.dilation);
  const { input, outDilation } = sliding;
  poolPhases(rewriting, node, x, { input, extent, out, outDilation });
}

const plainPool = (kernel: readonly number[]) => ({
  kernel,
  strides: [1, 1],
  pads: [0, 0, 0, 0],
  roundUp: false,
});

export function poolOverTile(rewriting: Rewriting, node: PoolNode): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x) || x.form.kind === 'flat') return 'reads no map';
  const { kernel, strides, pads, roundUp } = node.attributes;
  if (padsSpace(pads)) return paddedBorder;
  const dilations = node.op === 'maxPool' ? node.attributes.dilations : [1, 1];
  const out = lastTwo(rewriting.outputShape(node));
  const window = { kernel: lastTwo(kernel), strides: lastTwo(strides), dilations: lastTwo(dilations) };
  const extent = extentOf(x);
  if (roundUp && reachOf(out, window).some((reach, axis) => reach > (extent[axis] ?? 0))) {
    return 'has windows that reach over the border of the patch';
  }
  const sliding = slide(rewriting, x, out, window);
  if (node.op === 'maxPool') {
    const attributes = { ...plainPool(kernel), dilations: sliding.dilations };
    const form = { kind: 'map', dilation: sliding.outDilation } as const;
    rewriting.keep({ ...node, attributes }, [sliding.input], form);
    return undefined;
  }
  const own: MeanNode =
    node.op === 'sumPool'
      ? { ...node, attributes: plainPool(kernel) }
      : { ...node, attributes: { ...plainPool(kernel), countPadding: false } };
  meanOverTile(rewriting, own, x, out, sliding);
  return undefined;
}

/** A mean over the whole map of a patch slides over the tile like any other. */
export function globalPoolOverTile(rewriting: Rewriting, node: NodeFor<'globalAveragePool'>): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x) || x.form.kind === 'flat') return 'reads no map';
  const kernel = extentOf(x);
  const attributes = { ...plainPool(kernel), countPadding: false };
  const window = { kernel, strides: [1, 1], dilations: [1, 1] } as const;
  const own: MeanNode = { ...node, op: 'averagePool', attributes };
  meanOverTile(rewriting, own, x, [1, 1], slide(rewriting, x, [1, 1], window));
  return undefined;
}

function isInteger(rewriting: Rewriting, x: SceneValue, weightName: string): boolean {
  return x.type.dtype === 'u8' && rewriting.constants.get(weightName)?.dtype === 'i8';
}

/**
 * A fully connected layer over a flattened map is a convolution with a window of the map's size. Where the map has one
 * position and the order of sums counts, it stays what it is, over rows of the pixels.
 */
export function linearOverTile(rewriting: Rewriting, node: NodeFor<'linear'>): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x) || x.form.kind === 'map') return 'reads no flattened map';
  const [, weightName = ''] = node.inputs;
  const weight = rewriting.constants.get(weightName);
  if (!weight) return 'has no constant weight';
  const isPoint = extentOf(x).every((size) => size === 1);
  if (!isPoint || isInteger(rewriting, x, weightName)) return windowOfMap(rewriting, node, x);
  return rewriting.isSpiking ? rowsOfPixels(rewriting, node, x) : 'reads rows';
}

const flatScores = (steps: number, features: number) =>
  ({ kind: 'flat', dilation: [1, 1], map: [steps, features, 1, 1] }) as const;

function windowOfMap(rewriting: Rewriting, node: NodeFor<'linear'>, x: SpatialValue): Refusal {
  const [, weightName = '', ...bias] = node.inputs;
  const weight = rewriting.constants.get(weightName) ?? refuse(node, 'has no constant weight');
  const [steps = 1, ...map] = mapShape(x);
  if (map.length !== 3 && map.length !== 4)
    return 'reads a flattened map of another rank than images and volumes';
  const [features = 1] = weight.shape;
  const spatial = map.length - 1;
  const window = rewriting.addConstant(`${weightName}.window`, { ...weight, shape: [features, ...map] });
  const ones = new Array<number>(spatial).fill(1);
  const options: NodeOptions<'conv'> = {
    attributes: {
      strides: ones,
      pads: new Array<number>(2 * spatial).fill(0),
      dilations: replaceLastTwo(ones, x.form.dilation),
      groups: 1,
    },
    ...(node.quantization && { quantization: node.quantization }),
  };
  const sums = rewriting.replace(node, 'conv', [x.name, window, ...bias], options);
  const { rows, columns } = rewriting.tile;
  const shape = [steps, features, rows, columns];
  const name =
    spatial === 2
      ? sums
      : rewriting.emit('reshape', `${node.name}.scores`, [sums], { attributes: { shape } });
  const [output = ''] = node.outputs;
  rewriting.define(output, {
    name,
    type: rewriting.typeOf(node, output),
    form: flatScores(steps, features),
  });
  return undefined;
}

function rowsOfPixels(rewriting: Rewriting, node: NodeFor<'linear'>, x: SpatialValue): Refusal {
  const [output = ''] = node.outputs;
  const type = rewriting.typeOf(node, output);
  const [steps = 1, features = 1] = type.shape;
  if (!sameShape(type.shape, [steps, features])) return 'gives no rows';
  const options = node.quantization && { quantization: node.quantization };
  const rows = rewriting.replace(node, 'linear', [rewriting.rowsOf(x), ...node.inputs.slice(1)], options);
  const columns = rewriting.emit('transpose', `${node.name}.columns`, [rows], {
    attributes: { permutation: [0, 2, 1] },
  });
  const shape = [steps, features, rewriting.tile.rows, rewriting.tile.columns];
  const name = rewriting.emit('reshape', `${node.name}.scores`, [columns], { attributes: { shape } });
  rewriting.define(output, { name, type, form: flatScores(steps, features) });
  return undefined;
}
