import { sliceRanges } from '../../graph/ops/slice.js';
import type { Node, NodeFor } from '../../graph/ops/table.js';
import { sameShape } from '../../graph/tensor.js';
import { extentOf, isSpatial, mapShape, type Pair, type SpatialValue } from './form.js';
import type { Rewriting } from './rewriting.js';
import type { Refusal } from './windows.js';

const mixesSpace = 'moves positions of the patch to other places';

function asMap(rewriting: Rewriting, node: Node): SpatialValue | undefined {
  const x = rewriting.valueOf(node, 0);
  return isSpatial(x) && x.form.kind === 'map' ? x : undefined;
}

/** A reshape that leaves space alone, or one that flattens: then the map stays as it is. */
export function reshapeOverTile(rewriting: Rewriting, node: NodeFor<'reshape'>): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x)) return 'reads rows';
  const { shape } = node.attributes;
  const map = mapShape(x);
  const [output = ''] = node.outputs;
  const type = rewriting.typeOf(node, output);
  const { dilation } = x.form;
  if (shape.length === 2 && shape[0] === map[0]) {
    rewriting.define(output, { name: x.name, type, form: { kind: 'flat', dilation, map } });
    return undefined;
  }
  if (shape.length < 4 || !sameShape(shape.slice(-2), map.slice(-2))) return mixesSpace;
  const attributes = { shape: rewriting.sceneShape(shape, dilation) };
  rewriting.keep({ ...node, attributes }, [x.name], { kind: 'map', dilation });
  return undefined;
}

export function transposeOverTile(rewriting: Rewriting, node: NodeFor<'transpose'>): Refusal {
  const x = asMap(rewriting, node);
  const { permutation } = node.attributes;
  const rank = permutation.length;
  if (!x || permutation[rank - 1] !== rank - 1 || permutation[rank - 2] !== rank - 2) return mixesSpace;
  rewriting.keep(node, [x.name], x.form);
  return undefined;
}

/** A part of each patch: of the tile, what is outside of the part for every pixel is cut off. */
export function sliceOverTile(rewriting: Rewriting, node: NodeFor<'slice'>): Refusal {
  const x = asMap(rewriting, node);
  if (!x) return 'takes a part of a flattened map';
  const ranges = sliceRanges(node, x.type.shape);
  const [rows, columns] = ranges.slice(-2);
  if (!rows || !columns || rows.step < 1 || columns.step < 1) return mixesSpace;
  const { dilation } = x.form;
  const own: Pair = [dilation[0] * rows.step, dilation[1] * columns.step];
  const cropped = rewriting.crop(x, [rows.start, columns.start], [rows.count, columns.count], own);
  const others = ranges.slice(0, -2);
  const attributes = {
    starts: others.map(({ start }) => start),
    ends: others.map(({ start, step, count }) => endOf(start, step, count)),
    axes: others.map((_, axis) => axis),
    steps: others.map(({ step }) => step),
  };
  rewriting.keep({ ...node, attributes }, [cropped], { kind: 'map', dilation: own });
  return undefined;
}

/** One past the last index taken; below the first of all it is written as a number no index reaches. */
function endOf(start: number, step: number, count: number): number {
  const end = start + step * count;
  return end < 0 ? -(2 ** 62) : end;
}

export function concatOverTile(rewriting: Rewriting, node: NodeFor<'concat'>): Refusal {
  const maps = node.inputs.map((name) => rewriting.find(name)).filter((value) => value !== undefined);
  const spatial = maps.filter(isSpatial).filter(({ form }) => form.kind === 'map');
  const [first] = spatial;
  if (!first || spatial.length < node.inputs.length) return 'joins maps with something else';
  if (node.attributes.axis >= first.type.shape.length - 2) return mixesSpace;
  const fits = spatial.every(
    (value) =>
      sameShape(value.form.dilation, first.form.dilation) && sameShape(extentOf(value), extentOf(first)),
  );
  if (!fits) return 'joins maps of different sizes';
  rewriting.keep(
    node,
    spatial.map(({ name }) => name),
    first.form,
  );
  return undefined;
}

export function padOverTile(rewriting: Rewriting, node: NodeFor<'pad'>): Refusal {
  const x = asMap(rewriting, node);
  const { pads } = node.attributes;
  const rank = pads.length / 2;
  const ofSpace = [rank - 2, rank - 1, 2 * rank - 2, 2 * rank - 1].map((i) => pads[i] ?? 0);
  if (!x || ofSpace.some((pad) => pad > 0)) return 'pads the border of the patch';
  rewriting.keep(node, [x.name], x.form);
  return undefined;
}

type AlongNode = NodeFor<'softmax' | 'logSoftmax'>;
type ReduceNode = NodeFor<'reduceMax' | 'reduceMean' | 'reduceMin' | 'reduceSum'>;

/** A computation along an axis other than space. */
export function alongOverTile(rewriting: Rewriting, node: AlongNode | ReduceNode): Refusal {
  const x = asMap(rewriting, node);
  const isReduction = 'axes' in node.attributes;
  const axes = 'axes' in node.attributes ? node.attributes.axes : [node.attributes.axis];
  if (!x || axes.some((axis) => axis >= x.type.shape.length - 2)) return 'works along space';
  if (isReduction && 'keepDimensions' in node.attributes && !node.attributes.keepDimensions) {
    return 'drops dimensions';
  }
  rewriting.keep(node, [x.name], x.form);
  return undefined;
}
