import { SpikeletError } from '../../error.js';
import { sameQuantization } from '../../graph/moving.js';
import type { Quantization } from '../../graph/tensor.js';
import { rejectModel, shorten } from '../json.js';
import type { HostTensor } from './host-tensor.js';
import type { OnnxNode } from './model.js';
import { rejectOperator } from './unsupported.js';
import type { Value } from './values.js';

/** Scale and zero point of an 8-bit value, the zero point as for u8. */
export interface QuantizedType {
  readonly quantization: Quantization;
  /** Whether ONNX has it as int8: its integers are 128 less than ours. */
  readonly signed: boolean;
}

/** Operators that keep values in the range of their input, so that they can work on its quantized integers. */
const keepsRange = new Set(['Relu', 'Clip']);

/** Operators looked through on the way to a QuantizeLinear. */
const greatestLook = 4;

/** The values of a model by name, and who uses them. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #consumers = new Map<string, Set<OnnxNode>>();
  readonly #outputs: ReadonlySet<string>;

  constructor(nodes: readonly OnnxNode[], outputs: Iterable<string>) {
    this.#outputs = new Set(outputs);
    for (const node of nodes) {
      for (const name of node.inputs) {
        const users = this.#consumers.get(name) ?? new Set();
        this.#consumers.set(name, users.add(node));
      }
    }
  }

  define(name: string, value: Value): void {
    if (name === '') return;
    if (this.#values.has(name)) rejectModel(`value '${shorten(name)}'`, 'is defined twice');
    this.#values.set(name, value);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  value(name: string, where: string): Value {
    return (
      this.#values.get(name) ??
      rejectModel(where, `input '${shorten(name)}' is not computed by any node before it`)
    );
  }

  consumers(name: string): ReadonlySet<OnnxNode> {
    return this.#consumers.get(name) ?? new Set();
  }

  /** Whether anything reads the value. */
  isUsed(name: string): boolean {
    return name !== '' && (this.#outputs.has(name) || this.consumers(name).size > 0);
  }

  /** The tensor known at import that an input is, if it is one. */
  host(name: string | undefined): HostTensor | undefined {
    const value = name ? this.#values.get(name) : undefined;
    return value?.kind === 'host' ? value.tensor : undefined;
  }

  /**
   * The 8-bit type that a value is about to be quantized to: all that reads it is QuantizeLinear with the same scale,
   * perhaps after an operator that keeps its range.
   */
  quantizationAhead(name: string | undefined, look = 0): QuantizedType | undefined {
    if (!name || this.#outputs.has(name) || look > greatestLook) return undefined;
    const users = [...this.consumers(name)];
    const [first] = users;
    if (!first || users.some((user) => user.inputs[0] !== name)) return undefined;
    if (users.length === 1 && first.domain === '' && keepsRange.has(first.operator)) {
      return this.quantizationAhead(first.outputs[0], look + 1);
    }
    if (!users.every((user) => user.operator === 'QuantizeLinear')) return undefined;
    const types = users.map((user) => this.#givenType(user));
    const [type] = types;
    return type && types.every((other) => other && sameType(other, type)) ? type : undefined;
  }

  #givenType(quantizeLinear: OnnxNode): QuantizedType | undefined {
    const scale = this.host(quantizeLinear.inputs[1]);
    const zeroPoint = this.host(quantizeLinear.inputs[2]);
    if (!scale || (quantizeLinear.inputs[2] && !zeroPoint)) return undefined;
    return scale.data.length === 1 && isByte(zeroPoint) ? quantizedType(scale, zeroPoint, false) : undefined;
  }
}

export const sameType = (a: QuantizedType, b: QuantizedType): boolean =>
  sameQuantization(a.quantization, b.quantization) && a.signed === b.signed;

const isByte = (zeroPoint: HostTensor | undefined): boolean =>
  zeroPoint === undefined || zeroPoint.type === 'u8' || zeroPoint.type === 'i8';

/** A scale that every engine can divide by. */
export function checkScale(scale: number): number {
  if (!(scale >= 2 ** -126 && scale < Number.POSITIVE_INFINITY)) {
    throw new SpikeletError('invalid-model', `a quantization scale is ${scale}, must be positive and normal`);
  }
  return scale;
}

/** One scale and one zero point; `signed` says what integers without zero point are. */
export function quantizedType(
  scale: HostTensor,
  zeroPoint: HostTensor | undefined,
  signed: boolean,
): QuantizedType {
  if (scale.type !== 'f32' || scale.data.length !== 1 || (zeroPoint?.data.length ?? 1) !== 1) {
    rejectOperator('activations must have one float scale and one zero point for the whole tensor');
  }
  if (!isByte(zeroPoint))
    rejectOperator(`quantizes activations to ${zeroPoint?.type}, only uint8 and int8 are supported`);
  const isSigned = zeroPoint ? zeroPoint.type === 'i8' : signed;
  const shift = isSigned ? 128 : 0;
  return {
    quantization: { scale: checkScale(scale.data[0] ?? 0), zeroPoint: (zeroPoint?.data[0] ?? 0) + shift },
    signed: isSigned,
  };
}
