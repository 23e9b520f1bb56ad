import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { spikeQuantization } from '../../graph/neurons.js';
import { formatShape, sameShape } from '../../graph/tensor.js';
import { fileBytes } from '../file-bytes.js';
import { rejectModel, shorten } from '../json.js';
import { Draft, type Operand } from './draft.js';
import { canFold, foldedDrive } from './drive.js';
import { jointType, type NirGraph, type NirNode, readGraph } from './file.js';
import { openHdf5 } from './hdf5.js';
import { type Unrolled, unroll } from './loops.js';
import { isNeuronType } from './neuron.js';
import type { Settings } from './options.js';
import { withoutOnes } from './per-neuron.js';
import { type Context, type Primitive, stepShape } from './primitives/primitive.js';
import { primitives, structure } from './primitives/table.js';
import { Refusals, refuse } from './unsupported.js';
import { leadingTo } from './wiring.js';

const at = (name: string): string => `node '${shorten(name)}'`;

/** Turns one NIR graph into a graph of ours, collecting what cannot be imported. */
class Import {
  readonly #graph: NirGraph;
  readonly #unrolled: Unrolled;
  readonly #settings: Settings;
  readonly #refusals: Refusals;
  readonly #draft = new Draft();
  readonly #values = new Map<string, Operand>();
  /** Layers whose gain and offset are in the weights before them. */
  readonly #driven = new Set<string>();

  constructor(graph: NirGraph, unrolled: Unrolled, settings: Settings, refusals: Refusals) {
    this.#graph = graph;
    this.#unrolled = unrolled;
    this.#settings = settings;
    this.#refusals = refusals;
  }

  run(): Graph {
    const outputs = this.#named('Output');
    const { wiring, order } = this.#unrolled;
    const needed = leadingTo(outputs, wiring);
    if (!this.#named('Input').some((name) => needed.has(name))) {
      rejectModel('edges', 'no path leads from an Input to an Output');
    }
    for (const name of order) {
      const node = this.#graph.nodes.get(name);
      if (!node || !needed.has(name)) continue;
      const value = this.#refusals.attempt(name, node.type, () => this.#convert(node));
      if (value) this.#values.set(name, value);
    }
    this.#refusals.check();
    const results = outputs.flatMap((name) => {
      const value = this.#values.get(name);
      return value ? [[name, value] as const] : [];
    });
    return this.#draft.finish('nir', results, `NIR ${this.#graph.version}`);
  }

  /** Names of all nodes of a type that the graph must have. */
  #named(type: 'Input' | 'Output'): readonly string[] {
    const names = [...this.#graph.nodes.values()]
      .filter((node) => node.type === type)
      .map(({ name }) => name);
    return names.length > 0 ? names : rejectModel('nodes', `there is no ${type} node`);
  }

  #sources(name: string): readonly string[] {
    return this.#unrolled.wiring.sources.get(name) ?? [];
  }

  /** The value of a node; nothing where one that it needs could not be imported. */
  #convert(node: NirNode): Operand | undefined {
    const { name, type } = node;
    const sources = this.#sources(name);
    if (type === 'Input') return this.#input(node, sources);
    if (sources.length === 0) rejectModel(at(name), 'no edge leads to it, so it has no input');
    const values = sources.flatMap((source) => this.#values.get(source) ?? []);
    const [first, ...others] = values;
    if (!first || values.length < sources.length) return undefined;
    const input = this.#sum(name, [first, ...others]);
    if (type === jointType) return input;
    if (type === 'Output') return this.#output(node, input);
    return primitiveOf(type)?.convert(node, input, this.#context(node));
  }

  #sum(name: string, values: readonly [Operand, ...Operand[]]): Operand {
    const shape = stepShape(values[0]);
    const odd = values.find((value) => !sameShape(stepShape(value), shape));
    if (odd) {
      rejectModel(
        at(name),
        `gets inputs of shapes ${formatShape(shape)} and ${formatShape(stepShape(odd))}, which cannot be added`,
      );
    }
    return this.#draft.sum(`${name}.sum`, values);
  }

  #input({ name, fields }: NirNode, sources: readonly string[]): Operand {
    if (sources.length > 0) rejectModel(at(name), 'is an Input, but an edge leads to it');
    const { steps, inputType } = this.#settings;
    const made = fields.has('shape') ? fields.integers('shape', 1) : undefined;
    const shape = [steps, ...this.#inputShape(name, made)];
    if (inputType === 'f32') return this.#draft.input(name, { dtype: 'f32', shape });
    return this.#draft.input(name, { dtype: 'u8', shape, quantization: spikeQuantization });
  }

  #inputShape(name: string, made: readonly number[] | undefined): readonly number[] {
    const { inputShape } = this.#settings;
    const reject = (message: string): never => {
      throw new SpikeletError('invalid-input', message, { where: 'inputShape' });
    };
    if (!inputShape)
      return made ?? reject(`the file does not say the shape of input '${name}': give it, without time`);
    if (this.#named('Input').length > 1)
      reject('the graph has more than one Input, so one shape is not enough');
    if (made && !sameShape(withoutOnes(made), withoutOnes(inputShape))) {
      reject(`${formatShape(inputShape)} does not fit input '${name}', which has ${formatShape(made)}`);
    }
    return inputShape;
  }

  #output({ name, fields }: NirNode, value: Operand): Operand {
    if ((this.#unrolled.wiring.targets.get(name) ?? []).length > 0) {
      rejectModel(at(name), 'is an Output, but an edge leads on from it');
    }
    const made = fields.has('shape') ? fields.integers('shape', 1) : undefined;
    if (made && !sameShape(withoutOnes(made), withoutOnes(stepShape(value)))) {
      fields.reject('shape', `is ${formatShape(made)}, but the graph gives ${formatShape(stepShape(value))}`);
    }
    return value;
  }

  #context(node: NirNode): Context {
    const { name } = node;
    return {
      draft: this.#draft,
      settings: this.#settings,
      recurrent: this.#unrolled.recurrent.get(name),
      fold: canFold(node) ? (channels) => this.#fold(name, channels) : undefined,
      isDriven: this.#driven.has(name),
    };
  }

  /** Gain and offset of the layer that a weighted node alone drives, and that is its only target. */
  #fold(name: string, channels: number) {
    const [target = '', ...others] = this.#unrolled.wiring.targets.get(name) ?? [];
    const neuron = this.#graph.nodes.get(target);
    if (others.length > 0 || !neuron || !isNeuronType(neuron.type)) return undefined;
    if (this.#sources(target).length !== 1) return undefined;
    const folded = foldedDrive(neuron, this.#unrolled.recurrent.get(target), this.#settings, channels);
    if (folded) this.#driven.add(target);
    return folded;
  }
}

const primitiveOf = (type: string): Primitive | undefined =>
  Object.hasOwn(primitives, type) ? primitives[type] : undefined;

const isKnown = (type: string): boolean =>
  type === jointType || Object.hasOwn(structure, type) || primitiveOf(type) !== undefined;

/** The graph that a NIR file means. */
export function importNir(bytes: Uint8Array, settings: Settings): Graph {
  const graph = readGraph(openHdf5(fileBytes(bytes)));
  const refusals = new Refusals();
  for (const { name, type } of graph.nodes.values()) {
    if (isKnown(type)) continue;
    const known = [...Object.keys(primitives), ...Object.keys(structure)].join(', ');
    refusals.attempt(name, type, () => refuse(`the type is not known (known: ${known})`));
  }
  const unrolled = unroll(graph, refusals);
  return new Import(graph, unrolled, settings, refusals).run();
}
