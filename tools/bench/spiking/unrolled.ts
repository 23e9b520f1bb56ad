import type { Graph } from '../../../src/graph/graph.js';
import type { NodeFor } from '../../../src/graph/ops/table.js';
import type { Constant } from '../../../src/graph/tensor.js';
import { inferTypes } from '../../../src/graph/types.js';
import { type AttributeValue, encodeModel, type OnnxNode, type OnnxTensor } from '../../onnx/messages.js';

const integers = (value: readonly number[]): AttributeValue => ({ kind: 'integers', value });

/**
 * How a spiking network is put into operators that know no time: every step for itself, as exporters of training
 * frameworks do, or layers over all steps at once with only the neurons step by step.
 */
export type Unrolling = 'steps' | 'layers';

/** A spiking network of convolutions, pools, linear layers and neurons as an `.onnx` file in f32. */
class Writer {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #graph: Graph;
  readonly #types: ReturnType<typeof inferTypes>;
  readonly #steps: number;
  readonly #unrolling: Unrolling;
  /** Values by name: one for all steps together or for a constant input, else one for each step. */
  readonly #values = new Map<string, readonly string[]>();

  constructor(graph: Graph, steps: number, unrolling: Unrolling) {
    this.#graph = graph;
    this.#types = inferTypes(graph);
    this.#steps = steps;
    this.#unrolling = unrolling;
    for (const { name } of graph.inputs) this.#values.set(name, [name]);
    this.#f32('zero', [1], Float32Array.of(0));
  }

  #f32(name: string, shape: readonly number[], data: Float32Array): string {
    this.initializers.push({ name, type: 'f32', shape, data });
    return name;
  }

  /** A constant in real numbers; linear weights and all others as they are. */
  #constant(name: string): string {
    if (this.initializers.some((known) => known.name === name)) return name;
    const { shape, data, quantization } = this.#graph.constants.get(name) as Constant;
    const row = data.length / (shape[0] ?? 1);
    const scales = quantization?.scales;
    return this.#f32(
      name,
      shape,
      Float32Array.from(data, (value, i) => value * (scales?.[Math.floor(i / row)] ?? 1)),
    );
  }

  #node(operator: string, name: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}) {
    this.nodes.push({ operator, name, inputs, outputs: [name], attributes });
    return name;
  }

  #each(name: string, input: string, write: (x: string, own: string) => string): void {
    const values = this.#values.get(input) ?? [];
    this.#values.set(
      name,
      values.map((x, t) => write(x, values.length === 1 ? name : `${name}.${t}`)),
    );
  }

  /** The currents of all steps, one by one. */
  #stepsOf(name: string): readonly string[] {
    const values = this.#values.get(name) ?? [];
    const [value = ''] = values;
    if (values.length > 1) return values;
    if (this.#types.get(name)?.shape[0] === 1) return Array.from({ length: this.#steps }, () => value);
    const outputs = Array.from({ length: this.#steps }, (_, t) => `${name}.${t}`);
    const attributes = { axis: { kind: 'integer', value: 0 } } as const;
    this.nodes.push({ operator: 'Split', name: `${name}.split`, inputs: [value], outputs, attributes });
    return outputs;
  }

  #lif({ name, inputs: [current = '', threshold = '', leak = ''] }: NodeFor<'lif'>): void {
    const [limit, keep] = [this.#constant(threshold), this.#constant(leak)];
    let membrane = '';
    const spikes = this.#stepsOf(current).map((own, t) => {
      const at = `${name}.${t}`;
      const u = membrane
        ? this.#node('Add', `${at}.u`, [this.#node('Mul', `${at}.kept`, [membrane, keep]), own])
        : own;
      const fires = this.#node('Greater', `${at}.fires`, [u, limit]);
      const spike = this.#node('Cast', at, [fires], { to: { kind: 'integer', value: 1 } });
      if (t + 1 < this.#steps) {
        membrane = this.#node('Sub', `${at}.after`, [u, this.#node('Mul', `${at}.reset`, [spike, limit])]);
      }
      return spike;
    });
    if (this.#unrolling === 'steps') {
      this.#values.set(name, spikes);
      return;
    }
    const joined = this.#node('Concat', `${name}.all`, spikes, { axis: { kind: 'integer', value: 0 } });
    this.#values.set(name, [joined]);
  }

  write(): void {
    for (const node of this.#graph.nodes) {
      const { name, inputs } = node;
      const [x = '', weight = ''] = inputs;
      switch (node.op) {
        case 'conv': {
          const { strides, pads } = node.attributes;
          const attributes = { strides: integers(strides), pads: integers(pads) };
          this.#each(name, x, (value, own) =>
            this.#node('Conv', own, [value, this.#constant(weight)], attributes),
          );
          break;
        }
        case 'averagePool': {
          const { kernel, strides } = node.attributes;
          const attributes = { kernel_shape: integers(kernel), strides: integers(strides) };
          this.#each(name, x, (value, own) => this.#node('AveragePool', own, [value], attributes));
          break;
        }
        case 'reshape':
          this.#each(name, x, (value, own) => this.#node('Flatten', own, [value]));
          break;
        case 'linear': {
          const attributes = { transB: { kind: 'integer', value: 1 } } as const;
          this.#each(name, x, (value, own) =>
            this.#node('Gemm', own, [value, this.#constant(weight)], attributes),
          );
          break;
        }
        case 'lif':
          this.#lif(node);
          break;
        case 'integrate': {
          const currents = this.#stepsOf(x);
          this.#node('Sum', name, currents);
          break;
        }
        default:
          throw new Error(`${node.op} cannot be unrolled here`);
      }
    }
  }
}

export function unrolled(graph: Graph, steps: number, unrolling: Unrolling): Uint8Array {
  const writer = new Writer(graph, steps, unrolling);
  writer.write();
  const types = inferTypes(graph);
  return encodeModel({
    name: graph.name,
    opset: 11,
    inputs: graph.inputs.map(({ name, type }) => ({ name, type: type.dtype, shape: type.shape })),
    outputs: graph.outputs.map(({ name }) => ({
      name,
      type: 'f32',
      shape: types.get(name)?.shape ?? [],
    })),
    initializers: writer.initializers,
    nodes: writer.nodes,
  });
}
