import { freshNames } from '../../compress/edits.js';
import { SpikeletError } from '../../error.js';
import { makeNode, type NodeOptions } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import type { Node, OperationName } from '../../graph/ops/table.js';
import { type Constant, elementCount, type TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import {
  extentOf,
  type Form,
  isPoint,
  isSpatial,
  mapShape,
  type Pair,
  type SceneValue,
  type SpatialValue,
  sceneExtent,
  type Tile,
} from './form.js';

/** Throws `unsupported` that names the node. */
export function refuse(node: Node, reason: string): never {
  throw new SpikeletError('unsupported', `${reason}: the scene can only be classified patch by patch`, {
    where: `node '${node.name}' (${node.op})`,
  });
}

/** Whether a node remembers from step to step, so that the first axis is time. */
export const hasState = ({ op }: Node): boolean => op === 'lif' || op === 'integrate' || op === 'delay';

/** The network over a tile while it grows node by node. */
export class Rewriting {
  readonly graph: Graph;
  readonly tile: Tile;
  /** Whether the first axis is time: then it holds the pixels of the first step, of the second and so on. */
  readonly isSpiking: boolean;
  readonly nodes: Node[] = [];
  readonly constants: Map<string, Constant>;
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #values = new Map<string, SceneValue>();
  readonly #asPixels = new Map<string, SceneValue>();
  readonly #fresh: (base: string) => string;

  constructor(graph: Graph, tile: Tile) {
    this.graph = graph;
    this.tile = tile;
    this.isSpiking = graph.nodes.some(hasState);
    this.constants = new Map(graph.constants);
    this.#types = inferTypes(graph);
    this.#fresh = freshNames(graph);
  }

  get pixels(): number {
    return this.tile.rows * this.tile.columns;
  }

  /** Type of a value in the patch network. */
  typeOf(node: Node, name: string): TensorType {
    return this.#types.get(name) ?? refuse(node, `'${name}' is no computed value`);
  }

  /** Shape of a node's first output in the patch network. */
  outputShape(node: Node): readonly number[] {
    return this.typeOf(node, node.outputs[0] ?? '').shape;
  }

  find(name: string): SceneValue | undefined {
    return this.#values.get(name);
  }

  valueOf(node: Node, index: number): SceneValue {
    return this.find(node.inputs[index] ?? '') ?? refuse(node, `input ${index} does not depend on the patch`);
  }

  define(name: string, value: SceneValue): void {
    this.#values.set(name, value);
  }

  /** Adds a node of the pass's own and gives the name of its value. */
  emit<Op extends OperationName>(
    op: Op,
    base: string,
    inputs: readonly string[],
    options: NodeOptions<Op> = {},
  ): string {
    const name = this.#fresh(base);
    this.nodes.push(makeNode(op, name, inputs, options));
    return name;
  }

  /** Adds a node that computes under a node's names what that computes in another way. */
  replace<Op extends OperationName>(
    node: Node,
    op: Op,
    inputs: readonly string[],
    options: NodeOptions<Op> = {},
  ): string {
    this.nodes.push({ ...makeNode(op, node.name, inputs, options), outputs: node.outputs });
    return node.outputs[0] ?? '';
  }

  addConstant(base: string, constant: Constant): string {
    const name = this.#fresh(base);
    this.constants.set(name, constant);
    return name;
  }

  /** Adds a node of the patch network over other inputs; its outputs keep their names and get the form. */
  keep(node: Node, inputs: readonly string[], form: Form): void {
    this.nodes.push({ ...node, inputs });
    for (const name of node.outputs) this.define(name, { name, type: this.typeOf(node, name), form });
  }

  /** The part of a map that starts at a position of each patch and has `extent` positions, `dilation` apart. */
  crop(value: SpatialValue, start: Pair, extent: Pair, dilation: Pair): string {
    const own = sceneExtent(this.tile, extentOf(value), value.form.dilation);
    const wanted = sceneExtent(this.tile, extent, dilation);
    const starts = start.map((position, axis) => position * (value.form.dilation[axis] ?? 1));
    if (own.every((size, axis) => size === wanted[axis])) return value.name;
    const rank = mapShape(value).length;
    const ends = starts.map((position, axis) => position + (wanted[axis] ?? 1));
    const attributes = { starts, ends, axes: [rank - 2, rank - 1] };
    return this.emit('slice', `${value.name}.part`, [value.name], { attributes });
  }

  /** Shape of a map over the tile. */
  sceneShape(map: readonly number[], dilation: Pair): readonly number[] {
    const [height = 1, width = 1] = map.slice(-2);
    return [...map.slice(0, -2), ...sceneExtent(this.tile, [height, width], dilation)];
  }

  /** Whether the patches of all pixels can lie one after the other along the first axis of a value. */
  canBePixels(value: SceneValue): boolean {
    return !isSpatial(value) || (isPoint(value) && (this.isSpiking || value.type.shape[0] === 1));
  }

  /** The rows of a map of one position a patch: [steps, pixels, features], features in the patch network's order. */
  rowsOf(value: SpatialValue): string {
    const [steps = 1, ...rest] = mapShape(value);
    const features = elementCount(rest);
    const shape = [steps, features, this.pixels];
    const columns = this.emit('reshape', `${value.name}.columns`, [value.name], { attributes: { shape } });
    return this.emit('transpose', `${value.name}.rows`, [columns], {
      attributes: { permutation: [0, 2, 1] },
    });
  }

  /** Shape of a value with its pixels along the first axis. */
  pixelShape([first = 1, ...rest]: readonly number[]): readonly number[] {
    return [first * this.pixels, ...rest];
  }

  /** A value of one position a patch with its pixels along the first axis. */
  asPixels(value: SceneValue): SceneValue {
    if (!isSpatial(value)) return value;
    const shape = this.pixelShape(value.type.shape);
    // Flattened or not, a map goes under one name.
    const key = `${value.name} ${shape.join(' ')}`;
    const known = this.#asPixels.get(key);
    if (known) return known;
    const name = this.emit('reshape', `${value.name}.pixels`, [this.rowsOf(value)], {
      attributes: { shape },
    });
    const pixels: SceneValue = { ...value, name, form: { kind: 'pixels' } };
    this.#asPixels.set(key, pixels);
    return pixels;
  }
}
