import { SpikeletError } from '../../error.js';
import { readAttributes } from '../../graph/attributes.js';
import { constantType } from '../../graph/graph.js';
import type { InputType } from '../../graph/operation.js';
import { type Node, type NodeFor, type OperationName, operations } from '../../graph/ops/table.js';
import type { Constant, Quantization, TensorType } from '../../graph/tensor.js';
import { operationOf } from '../../graph/types.js';
import { allocateHost, type HostTensor, type HostType } from './host-tensor.js';
import { rejectOperator } from './unsupported.js';
import { type GraphValue, type QuantizedTensor, realNumbers, type Value } from './values.js';

/** A value that a node can take as input. */
export interface Operand {
  readonly name: string;
  readonly type: TensorType;
}

/** Names to start from for a node and its output. */
export interface Hint {
  readonly node: string;
  readonly output: string;
}

/** Names already given, and the number to try next for each that was wanted twice. */
class Names {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  take(hint: string): string {
    let name = hint;
    let number = this.#next.get(hint) ?? 1;
    for (; this.#taken.has(name); number++) name = `${hint}.${number}`;
    this.#next.set(hint, number);
    this.#taken.add(name);
    return name;
  }
}

/** The graph under construction: nodes in order, constants that they use, the type of every value. */
export class Draft {
  readonly nodes: Node[] = [];
  readonly constants = new Map<string, Constant>();
  readonly types = new Map<string, TensorType>();
  readonly #valueNames: Names;
  readonly #nodeNames = new Names();
  readonly #constantNames = new Map<object, string>();
  readonly #dequantized = new Map<string, GraphValue>();
  #elementsLeft: number;

  /**
   * `reserved`: names that are given to values only by {@link rename}. `greatestFolded`: elements that constants
   * computed at import may have in all.
   */
  constructor(reserved: Iterable<string>, greatestFolded: number) {
    this.#valueNames = new Names(reserved);
    this.#elementsLeft = greatestFolded;
  }

  /** A new name for a value, like the hint where it is free. */
  valueName(hint: string): string {
    return this.#valueNames.take(hint.replace(/^_+/, '') || 'value');
  }

  input(name: string, type: TensorType): void {
    this.#valueNames.take(name);
    this.types.set(name, type);
  }

  /** Adds a node of one output and infers its type. Throws `invalid-model` where its inputs do not fit. */
  emit<Op extends OperationName>(
    op: Op,
    hint: Hint,
    inputs: readonly string[],
    attributes: NodeFor<Op>['attributes'],
    {
      quantization,
      signed = false,
    }: { readonly quantization?: Quantization; readonly signed?: boolean } = {},
  ): GraphValue {
    const name = this.#nodeNames.take(hint.node);
    const output = this.valueName(hint.output);
    const where = `node '${name}' (${op})`;
    const draft = {
      op,
      name,
      inputs,
      outputs: [output],
      attributes: readAttributes(operations[op].schema, { ...attributes }, where),
      ...(quantization && { quantization }),
    };
    // The schema has just checked that the attributes are those of the operation.
    const node = draft as Node;
    const [type] = operationOf(node).infer(
      node,
      inputs.map((input) => this.#inputType(input, where)),
    );
    if (!type) throw new SpikeletError('internal', 'operation has no output', { where });
    this.nodes.push(node);
    this.types.set(output, type);
    return { kind: 'graph', name: output, type, signed };
  }

  #inputType(name: string, where: string): InputType | undefined {
    if (name === '') return undefined;
    const constant = this.constants.get(name);
    if (constant) return { ...constantType(constant), constant };
    const type = this.types.get(name);
    if (!type) throw new SpikeletError('internal', `value '${name}' has no type`, { where });
    return type;
  }

  /** Registers a constant, once for each `identity`. */
  constant(identity: object, hint: string, make: () => Constant): Operand {
    const known = this.#constantNames.get(identity);
    const name = known ?? this.valueName(hint);
    const constant = this.constants.get(name) ?? make();
    this.#constantNames.set(identity, name);
    this.constants.set(name, constant);
    return { name, type: constantType(constant) };
  }

  /** The value in f32: a constant, or dequantized here if nothing else has done so. */
  float(value: Value, hint: string): Operand {
    switch (value.kind) {
      case 'host':
        return this.constant(value.tensor, hint, () => floatConstant(value.tensor));
      case 'weight':
        return this.constant(value.weight, hint, () => floatConstant(this.real(value.weight)));
      case 'real':
        return this.#dequantize(value.integers, hint);
      case 'graph':
        if (value.type.dtype !== 'f32')
          rejectOperator(`takes ${value.signed ? 'int8' : 'uint8'} values, which it cannot compute with`);
        return value;
      case 'unknown':
        return rejectOperator('depends on a node that cannot be imported');
    }
  }

  #dequantize(integers: GraphValue, hint: string): Operand {
    const known = this.#dequantized.get(integers.name);
    if (known) return known;
    const names = { node: `${integers.name}.dequantize`, output: hint };
    const value = this.emit('dequantize', names, [integers.name], {});
    this.#dequantized.set(integers.name, value);
    return value;
  }

  /** Real numbers of constant integers, charged as computed at import. */
  real(weight: QuantizedTensor): HostTensor {
    this.charge(weight.data.length);
    return realNumbers(weight);
  }

  /** Zeros for a tensor computed at import; throws `invalid-model` if the file makes too many of them. */
  hostTensor(type: HostType, shape: readonly number[]): HostTensor {
    const count = shape.reduce((n, d) => n * d, 1);
    this.charge(count);
    return { type, shape, data: allocateHost(type, count) };
  }

  charge(elements: number): void {
    this.#elementsLeft -= elements;
    if (!(this.#elementsLeft >= 0)) {
      throw new SpikeletError(
        'invalid-model',
        'computing its constants takes more memory than a file of its size may ask for',
      );
    }
  }

  /** Gives values other names, everywhere. */
  rename(names: ReadonlyMap<string, string>): void {
    const rename = (name: string): string => names.get(name) ?? name;
    this.nodes.forEach((node, i) => {
      this.nodes[i] = { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
    });
  }
}

function floatConstant({ type, shape, data }: HostTensor): Constant {
  if (!(data instanceof Float32Array)) rejectOperator(`takes an ${type} constant where it needs float`);
  return { dtype: 'f32', shape, data };
}
