import type { Node, NodeFor } from '../../graph/ops/table.js';
import { allocate, type Constant, elementCount, sameShape } from '../../graph/tensor.js';
import { isPoint, isSpatial, mapShape, type SpatialValue } from './form.js';
import type { Rewriting } from './rewriting.js';
import type { Refusal } from './windows.js';

/** A node that treats all elements alike. */
export function alikeOverTile(rewriting: Rewriting, node: Node): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x)) return 'reads rows';
  rewriting.keep(node, [x.name, ...node.inputs.slice(1)], x.form);
  return undefined;
}

/** Batch normalization: parameters by channel. */
export function channelsOverTile(rewriting: Rewriting, node: NodeFor<'batchNorm'>): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (isSpatial(x) && mapShape(x)[1] !== x.type.shape[1]) return 'has parameters for flattened features';
  return alikeOverTile(rewriting, node);
}

/** The parameter with each number repeated for every pixel of the tile. */
function forEveryPixel({ tile, pixels }: Rewriting, constant: Constant, map: readonly number[]): Constant {
  const data = allocate(constant.dtype, constant.data.length * pixels);
  constant.data.forEach((value, i) => {
    data.fill(value, i * pixels, (i + 1) * pixels);
  });
  return { ...constant, shape: [...map.slice(1, -2), tile.rows, tile.columns], data };
}

/** Name of a parameter of neurons over the tile: one number, one by channel, or one for each neuron of one position. */
function parameterOverTile(rewriting: Rewriting, name: string, x: SpatialValue): string | undefined {
  const constant = rewriting.constants.get(name);
  if (!constant || constant.data.length === 1) return name;
  const map = mapShape(x);
  if (sameShape(constant.shape, map.slice(1, 2))) return name;
  const isOfEach = constant.data.length === elementCount(map.slice(1));
  if (!isOfEach || !isPoint(x)) return undefined;
  return rewriting.addConstant(`${name}.tile`, forEveryPixel(rewriting, constant, map));
}

type NeuronNode = NodeFor<'lif' | 'integrate' | 'delay' | 'threshold'>;

/** The same attributes for the neurons of every pixel. */
export function neuronsOverTile(rewriting: Rewriting, node: NeuronNode): Refusal {
  const x = rewriting.valueOf(node, 0);
  if (!isSpatial(x)) return 'reads rows';
  if (node.op === 'lif' && node.inputs[4]) return 'is recurrent';
  const parameters = node.inputs.slice(1).map((name) => parameterOverTile(rewriting, name, x));
  const known = parameters.filter((name) => name !== undefined);
  if (known.length < parameters.length) {
    return 'has parameters that differ between positions of the patch';
  }
  // The shape over time is that of the output.
  const [steps = 1] = rewriting.outputShape(node);
  const form = x.form.kind === 'flat' ? { ...x.form, map: [steps, ...x.form.map.slice(1)] } : x.form;
  rewriting.keep(node, [x.name, ...known], form);
  return undefined;
}

/** Additions and the like of two maps that lie over each other, or of a map and what is the same for all positions. */
export function binaryOverTile(rewriting: Rewriting, node: Node): Refusal {
  const [left = '', right = ''] = node.inputs;
  const operands = [left, right].map((name) => rewriting.find(name));
  const spatial = operands.filter((value) => value !== undefined).filter(isSpatial);
  const [first, second] = spatial;
  const constants = [left, right].flatMap((name) => rewriting.constants.get(name) ?? []);
  if (!first || spatial.length + constants.length !== 2) return 'combines a map with rows';
  if (second && !sameForm(first, second)) return 'combines maps of different sizes';
  const isForAll = ({ shape, data }: Constant): boolean =>
    shape.length <= first.type.shape.length &&
    (data.length === 1 || (first.form.kind === 'map' && shape.slice(-2).every((size) => size === 1)));
  if (!constants.every(isForAll)) return 'has an operand that differs between positions of the patch';
  const inputs = [left, right].map((name) => rewriting.find(name)?.name ?? name);
  rewriting.keep(node, inputs, first.form);
  return undefined;
}

function sameForm(a: SpatialValue, b: SpatialValue): boolean {
  const sameDilation = sameShape(a.form.dilation, b.form.dilation);
  const sameKind = a.form.kind === b.form.kind && a.type.shape.length === b.type.shape.length;
  const space = (value: SpatialValue) => mapShape(value).slice(a.form.kind === 'flat' ? 0 : -2);
  return sameDilation && sameKind && sameShape(space(a), space(b));
}
