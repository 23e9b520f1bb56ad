import type { NodeFor, OperationName } from '../../graph/ops/table.js';
import type { Constant } from '../../graph/tensor.js';
import { rejectModel, shorten } from '../json.js';
import { Attributes } from './attributes.js';
import type { Draft, Hint, Operand } from './draft.js';
import type { HostTensor } from './host-tensor.js';
import type { OnnxNode } from './model.js';
import { type QuantizedType, quantizedType, type Scope } from './scope.js';
import { rejectOperator } from './unsupported.js';
import { type GraphValue, host, type Value, valueShape } from './values.js';

/** What an ONNX node becomes: the values of its outputs in order. */
export type Convert = (call: Call) => readonly Value[];

/** One ONNX node while it is converted. */
export class Call {
  readonly draft: Draft;
  readonly scope: Scope;
  readonly node: OnnxNode;
  readonly opset: number;
  readonly attributes: Attributes;
  readonly where: string;

  constructor(draft: Draft, scope: Scope, node: OnnxNode, opset: number) {
    this.draft = draft;
    this.scope = scope;
    this.node = node;
    this.opset = opset;
    this.attributes = new Attributes(node);
    this.where = `node '${shorten(node.name || (node.outputs[0] ?? ''))}' (${shorten(node.operator)})`;
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? '') !== '';
  }

  input(index: number): Value {
    if (!this.has(index)) rejectModel(this.where, `input ${index} is missing`);
    return this.scope.value(this.node.inputs[index] ?? '', this.where);
  }

  optional(index: number): Value | undefined {
    return this.has(index) ? this.input(index) : undefined;
  }

  /** All inputs, which must be given. */
  inputs(): readonly Value[] {
    return this.node.inputs.map((_, i) => this.input(i));
  }

  shape(index: number): readonly number[] {
    return valueShape(this.input(index)) ?? rejectOperator('depends on a node that cannot be imported');
  }

  /** An input that must be known at import. */
  host(index: number, what: string): HostTensor {
    const value = this.input(index);
    return value.kind === 'host'
      ? value.tensor
      : rejectOperator(`${what} must be constant, it is computed when the model runs`);
  }

  /** Integers of an input that must be known at import; undefined where it is left out. */
  integers(index: number, what: string): readonly number[] | undefined {
    if (!this.has(index)) return undefined;
    const { type, data } = this.host(index, what);
    if (type === 'f32') rejectModel(this.where, `${what} must be integers`);
    return Array.from(data);
  }

  /** A number that may be given as an input; undefined where it is left out. */
  number(index: number, what: string): number | undefined {
    if (!this.has(index)) return undefined;
    const { data } = this.host(index, what);
    return data.length === 1 ? data[0] : rejectModel(this.where, `${what} must be one number`);
  }

  /** Type of an 8-bit value by the inputs that give its scale and zero point. */
  quantizedType(scaleIndex: number, zeroPointIndex: number, signed = false): QuantizedType {
    const zeroPoint = this.has(zeroPointIndex) ? this.host(zeroPointIndex, 'the zero point') : undefined;
    return quantizedType(this.host(scaleIndex, 'the scale'), zeroPoint, signed);
  }

  hint(suffix = ''): Hint {
    const output = this.node.outputs[0] ?? 'value';
    return { node: (this.node.name || output) + suffix, output: output + suffix };
  }

  float(value: Value, index = 0): Operand {
    return this.draft.float(value, this.node.inputs[index] || 'constant');
  }

  /** A constant that only this node uses. */
  constant(suffix: string, constant: Constant): Operand {
    return this.draft.constant(constant, `${this.hint().output}.${suffix}`, () => constant);
  }

  number32(suffix: string, value: number): Operand {
    return this.constant(suffix, { dtype: 'f32', shape: [], data: Float32Array.of(value) });
  }

  /** A node of f32 operands. */
  emit<Op extends OperationName>(
    op: Op,
    operands: readonly Operand[],
    attributes: NodeFor<Op>['attributes'],
    suffix = '',
  ): GraphValue {
    const names = operands.map(({ name }) => name);
    return this.draft.emit(op, this.hint(suffix), names, attributes);
  }

  /** A node of u8 operands; `type` where its output has a quantization of its own. */
  emitIntegers<Op extends OperationName>(
    op: Op,
    operands: readonly GraphValue[],
    attributes: NodeFor<Op>['attributes'],
    type?: QuantizedType,
    suffix = '',
  ): GraphValue {
    const names = operands.map(({ name }) => name);
    const options = type ?? { signed: operands[0]?.signed ?? false };
    return this.draft.emit(op, this.hint(suffix), names, attributes, options);
  }

  /** The 8-bit type that the first output is about to be quantized to. */
  ahead(): QuantizedType | undefined {
    return this.scope.quantizationAhead(this.node.outputs[0]);
  }

  /**
   * Applies an operation that only moves elements: at import where the value is known, on integers where it is
   * quantized.
   */
  move<Op extends OperationName>(
    value: Value,
    op: Op,
    attributes: NodeFor<Op>['attributes'],
    onHost: (tensor: HostTensor) => HostTensor,
    suffix = '',
  ): Value {
    switch (value.kind) {
      case 'host':
        return host(onHost(value.tensor));
      case 'weight':
        return host(onHost(this.draft.real(value.weight)));
      case 'graph':
        return this.emitIntegers(op, [value], attributes, undefined, suffix);
      case 'real':
        return {
          kind: 'real',
          integers: this.emitIntegers(op, [value.integers], attributes, undefined, suffix),
        };
      case 'unknown':
        return value;
    }
  }

  /** A non-negative axis of a shape. */
  axis(axis: number, rank: number): number {
    const index = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(index) || index < 0 || index >= rank) {
      rejectModel(this.where, `axis ${axis} does not exist in ${rank} dimensions`);
    }
    return index;
  }

  axes(axes: readonly number[], rank: number): readonly number[] {
    const indices = axes.map((axis) => this.axis(axis, rank));
    if (new Set(indices).size !== indices.length) rejectModel(this.where, 'an axis is given twice');
    return indices;
  }

  reject(message: string): never {
    rejectModel(this.where, message);
  }
}
