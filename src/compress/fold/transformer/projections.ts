import type { Node, NodeFor } from '../../../graph/ops/table.js';
import type { Constant } from '../../../graph/tensor.js';
import type { Heads } from './heads.js';
import type { Values } from './views.js';

/** Values of heads as [batch, rows, width], each computed once: a layer's own, or one of some of its features. */
export class Projections {
  readonly constants = new Map<string, Constant>();
  readonly #values: Values;
  readonly #fresh: (base: string) => string;
  readonly #known = new Map<string, string>();
  #nodes: Node[] = [];

  constructor(values: Values, fresh: (base: string) => string) {
    this.#values = values;
    this.#fresh = fresh;
  }

  /** Name of the value. */
  get(heads: Heads): string {
    const key = `${heads.source} ${heads.first} ${heads.width} ${heads.batch}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#shaped(this.#part(heads), heads);
    this.#known.set(key, name);
    return name;
  }

  /** Nodes that have come up since the last time. */
  take(): readonly Node[] {
    const nodes = this.#nodes;
    this.#nodes = [];
    return nodes;
  }

  #part(heads: Heads): string {
    const { source, first, width, features } = heads;
    if (width === features) return source;
    const layer = this.#values.producers.get(source);
    const name = this.#fresh(`${source}.${first}`);
    if (layer?.op === 'linear' && this.#addLayer(layer, name, first, width)) return name;
    const axis = (this.#values.types.get(source)?.shape.length ?? 1) - 1;
    const attributes = { starts: [first], ends: [first + width], axes: [axis], steps: [1] };
    this.#nodes.push({ op: 'slice', name, inputs: [source], outputs: [name], attributes });
    return name;
  }

  /** The same layer for some of its features, if its weights are real constants. */
  #addLayer(layer: NodeFor<'linear'>, name: string, first: number, width: number): boolean {
    const [input = '', weightName = '', biasName = ''] = layer.inputs;
    const { graph } = this.#values;
    const weight = graph.constants.get(weightName);
    const bias = graph.constants.get(biasName);
    if (weight?.dtype !== 'f32' || (biasName !== '' && bias?.dtype !== 'f32')) return false;
    const size = weight.shape[1] ?? 1;
    const inputs = [input, this.#fresh(`${name}.weight`)];
    const data = weight.data.slice(first * size, (first + width) * size);
    this.constants.set(inputs[1] ?? '', { dtype: 'f32', shape: [width, size], data });
    if (bias) {
      inputs.push(this.#fresh(`${name}.bias`));
      const own = bias.data.slice(first, first + width);
      this.constants.set(inputs[2] ?? '', { dtype: 'f32', shape: [width], data: own });
    }
    this.#nodes.push({ op: 'linear', name, inputs, outputs: [name], attributes: {} });
    return true;
  }

  #shaped(value: string, { source, batch, rows, width }: Heads): string {
    const shape = this.#values.types.get(source)?.shape ?? [];
    if (shape.length === 3 && shape[0] === batch && shape[1] === rows) return value;
    const name = this.#fresh(`${value}.rows`);
    const attributes = { shape: [batch, rows, width] };
    this.#nodes.push({ op: 'reshape', name, inputs: [value], outputs: [name], attributes });
    return name;
  }
}
