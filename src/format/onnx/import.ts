import { SpikeletError } from '../../error.js';
import type { Graph, GraphInput } from '../../graph/graph.js';
import type { Constant } from '../../graph/tensor.js';
import { validateGraph } from '../../graph/validate.js';
import { fileBytes } from '../file-bytes.js';
import { fileKind } from '../file-kind.js';
import { rejectModel, shorten } from '../json.js';
import { Call } from './call.js';
import { constantTensor } from './constant-node.js';
import { Draft } from './draft.js';
import { folds } from './fold.js';
import { readHostTensor } from './host-tensor.js';
import { type GivenShapes, resolveShapes } from './input-shapes.js';
import { type OnnxModel, type OnnxNode, type OnnxPort, readOnnx } from './model.js';
import { operators } from './operators/table.js';
import { inputType, nameOutput } from './ports.js';
import { Scope } from './scope.js';
import { type Refusal, rejectOperator, Unsupported, unsupportedError } from './unsupported.js';
import { host, type Value } from './values.js';

const oldestOpset = 11;
const unknown: Value = { kind: 'unknown' };

const operatorName = ({ domain, operator }: OnnxNode): string =>
  domain ? `${domain}.${operator}` : operator;

/** Turns one ONNX model into a graph, collecting what cannot be imported. */
class Import {
  readonly #model: OnnxModel;
  readonly #opset: number;
  readonly #draft: Draft;
  readonly #scope: Scope;
  readonly #refusals: Refusal[] = [];

  constructor(model: OnnxModel, fileSize: number) {
    const { graph } = model;
    this.#model = model;
    this.#opset = model.opsets.get('') ?? 0;
    const outputs = graph.outputs.map(({ name }) => name);
    this.#draft = new Draft(outputs, 2 ** 22 + 8 * fileSize);
    this.#scope = new Scope(graph.nodes, outputs);
  }

  run(shapes: GivenShapes): Graph {
    const { graph, producer } = this.#model;
    if (graph.sparseInitializers > 0)
      this.#refuse(graph.name || 'graph', 'sparse initializer', 'is not supported');
    this.#defineInitializers();
    this.#defineConstants();
    const inputs = this.#defineInputs(shapes);
    for (const node of graph.nodes) if (!isConstant(node)) this.#convert(node);
    const names = new Map<string, string>();
    for (const port of graph.outputs) this.#defineOutput(port, names);
    if (this.#refusals.length > 0) throw unsupportedError(this.#refusals);
    this.#draft.rename(names);
    return this.#finish(graph.name || 'model', inputs, producer);
  }

  #refuse(name: string, operator: string, reason: string): void {
    this.#refusals.push({ name, operator, reason });
  }

  /** Runs `work`; what it cannot do becomes a refusal. */
  #attempt<T>(name: string, operator: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      this.#refuse(name, operator, error.message);
      return undefined;
    }
  }

  #defineInitializers(): void {
    for (const message of this.#model.graph.initializers) {
      const { name } = message;
      if (!this.#scope.isUsed(name)) continue;
      const tensor = this.#attempt(name, 'initializer', () => readHostTensor(message));
      this.#scope.define(name, tensor ? host(tensor) : unknown);
    }
  }

  /** Constant nodes come first, so that scales are known to whatever looks ahead for them. */
  #defineConstants(): void {
    for (const node of this.#model.graph.nodes) {
      if (!isConstant(node)) continue;
      const call = new Call(this.#draft, this.#scope, node, this.#opset);
      const tensor = this.#attempt(node.name, 'Constant', () => constantTensor(call));
      this.#scope.define(node.outputs[0] ?? '', tensor ? host(tensor) : unknown);
    }
  }

  #defineInputs(shapes: GivenShapes): readonly GraphInput[] {
    const initialized = new Set(this.#model.graph.initializers.map(({ name }) => name));
    const ports = this.#model.graph.inputs.filter(({ name }) => !initialized.has(name));
    const sizes = resolveShapes(ports, shapes);
    return ports.flatMap((port, i) => {
      const { name } = port;
      const type = this.#attempt(name, 'input', () => inputType(this.#scope, port, sizes[i] ?? []));
      this.#scope.define(name, type ? { kind: 'graph', name, type, signed: false } : unknown);
      if (type) this.#draft.input(name, type);
      return type ? [{ name, type }] : [];
    });
  }

  #convert(node: OnnxNode): void {
    const name = node.name || (node.outputs[0] ?? '');
    const values = this.#attempt(name, operatorName(node), () => this.#results(node));
    node.outputs.forEach((output, i) => {
      const value = values?.[i];
      if (values && !value && this.#scope.isUsed(output)) {
        this.#refuse(name, operatorName(node), `output ${i} is not supported`);
      }
      this.#scope.define(output, value ?? unknown);
    });
  }

  /** Values of a node's outputs; nothing where an input is unknown already. */
  #results(node: OnnxNode): readonly Value[] | undefined {
    const table = Object.hasOwn(operators, node.domain) ? operators[node.domain] : undefined;
    const convert = table && Object.hasOwn(table, node.operator) ? table[node.operator] : undefined;
    const isFolded = node.domain === '' && Object.hasOwn(folds, node.operator);
    if (!convert && !isFolded) rejectOperator('operator is not supported');
    const call = new Call(this.#draft, this.#scope, node, this.#opset);
    const inputs = node.inputs.flatMap((_, i) => call.optional(i) ?? []);
    if (inputs.some(({ kind }) => kind === 'unknown')) return undefined;
    const tensors = inputs.flatMap((value) => (value.kind === 'host' ? [value.tensor] : []));
    const fold = isFolded && tensors.length === inputs.length ? folds[node.operator] : undefined;
    const values = fold ? [host(fold(call, tensors))] : convert?.(call);
    if (!values) rejectOperator('is only supported where its inputs are known at import');
    call.attributes.checkAllRead();
    return values;
  }

  #defineOutput({ name }: OnnxPort, names: Map<string, string>): void {
    const value = this.#scope.value(name, `output '${shorten(name)}'`);
    if (value.kind === 'unknown') return;
    this.#attempt(name, 'output', () => nameOutput(this.#draft, names, name, value));
  }

  /** The graph without nodes and constants that no output needs. */
  #finish(name: string, inputs: readonly GraphInput[], producer: string): Graph {
    const outputs = this.#model.graph.outputs.map((port) => ({ name: port.name }));
    const needed = new Set(outputs.map((output) => output.name));
    const nodes = [...this.#draft.nodes].reverse().filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    });
    const constants = new Map<string, Constant>(
      [...this.#draft.constants].filter(([constant]) => needed.has(constant)),
    );
    const source = producer ? `ONNX, written by ${shorten(producer)}` : 'ONNX';
    const graph = { name, inputs, outputs, nodes: nodes.reverse(), constants, provenance: { source } };
    validateGraph(graph);
    return graph;
  }
}

const isConstant = ({ domain, operator }: OnnxNode): boolean => domain === '' && operator === 'Constant';

function checkOpset(model: OnnxModel): void {
  const version = model.opsets.get('');
  if (version === undefined) rejectModel('opset_import', 'names no version of the ONNX operators');
  if (version < oldestOpset) {
    const message = `operators of version ${version}: ${oldestOpset} is the oldest supported, export the model again with opset_version=${oldestOpset} or newer`;
    throw new SpikeletError('unsupported', message, { where: 'opset_import' });
  }
}

/** The graph that an ONNX file means. */
export function importOnnx(bytes: Uint8Array, shapes: GivenShapes): Graph {
  const file = fileBytes(bytes);
  if (fileKind(file, '') === 'spikelet') {
    const message = "is a .spikelet file, which needs no import: use load, or unpack of 'spikelet/format'";
    rejectModel('bytes', message);
  }
  const model = readOnnx(file);
  checkOpset(model);
  return new Import(model, file.length).run(shapes);
}
