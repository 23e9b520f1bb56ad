import type { Graph } from '../../../src/graph/graph.js';
import { inferTypes } from '../../../src/graph/types.js';
import type { Case, Source } from './cases.js';
import { float, int8, type ModelSpec, type NodeSpec, type TensorSpec, uint8 } from './onnx-writer.js';

/** Scale and zero point of a value in an ONNX file. */
export interface Quantized {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly signed: boolean;
}

export function quantizedType(source: Source, scale?: number): Quantized {
  const signed = source.integer(0, 1) === 1;
  const zeroPoint = source.pick(0, source.integer(0, 255), 128) - (signed ? 128 : 0);
  return { scale: scale ?? source.real(0.004, 0.05), zeroPoint, signed };
}

export const scaleOf = ({ scale }: Quantized): TensorSpec => float([], [scale]);

export const zeroPointOf = ({ zeroPoint, signed }: Quantized): TensorSpec =>
  signed ? int8([], [zeroPoint]) : uint8([], [zeroPoint]);

/** A model under construction; names of initializers are made up. */
export class QuantizedModel {
  readonly nodes: NodeSpec[] = [];
  readonly initializers: Record<string, TensorSpec> = {};
  #names = 0;

  name(): string {
    return `v${this.#names++}`;
  }

  constant(spec: TensorSpec): string {
    const name = this.name();
    this.initializers[name] = spec;
    return name;
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: NodeSpec['attributes'] = {},
    domain = '',
  ): string {
    const name = this.name();
    this.nodes.push({ operator, inputs, outputs: [name], attributes, domain });
    return name;
  }

  quantize(name: string, type: Quantized): string {
    return this.node('QuantizeLinear', [
      name,
      this.constant(scaleOf(type)),
      this.constant(zeroPointOf(type)),
    ]);
  }

  dequantize(name: string, type: Quantized): string {
    return this.node('DequantizeLinear', [
      name,
      this.constant(scaleOf(type)),
      this.constant(zeroPointOf(type)),
    ]);
  }

  /** Real numbers that have passed through 8 bits. */
  quantized(name: string, type: Quantized): string {
    return this.dequantize(this.quantize(name, type), type);
  }

  /** Integer weights as an operator on real numbers sees them, one scale for each index along the axis. */
  weight(source: Source, shape: readonly number[], axis: number | 'tensor', unsigned = false): string {
    const count = shape.reduce((n, d) => n * d, 1);
    const channels = axis === 'tensor' ? 1 : (shape[axis] ?? 1);
    const data = source.integers(count, unsigned ? 0 : -128, unsigned ? 255 : 127);
    const scales = float(axis === 'tensor' ? [] : [channels], source.reals(channels, 0.001, 0.02));
    const zeros = new Array<number>(channels).fill(unsigned ? 128 : 0);
    const zeroPoint = unsigned ? uint8(scales.shape, zeros) : int8(scales.shape, zeros);
    const inputs = [unsigned ? uint8(shape, data) : int8(shape, data), scales, zeroPoint].map((spec) =>
      this.constant(spec),
    );
    return this.node('DequantizeLinear', inputs, axis === 'tensor' ? {} : { axis: { int: axis } });
  }

  spec(inputs: ModelSpec['inputs'], output: string, opset = 13): ModelSpec {
    return {
      opset,
      inputs,
      outputs: [{ name: output, type: 'float' }],
      initializers: this.initializers,
      nodes: this.nodes,
    };
  }
}

/** A case whose result may be one step of the output's quantization away. */
export function oneStep(
  model: QuantizedModel,
  inputs: Case['inputs'],
  output: string,
  type: Quantized,
): Case {
  const ports = Object.entries(inputs).map(([name, { shape }]) => ({ name, type: 'float' as const, shape }));
  return { model: model.spec(ports, output), inputs, tolerance: { absolute: type.scale * 1.001 } };
}

/** Operations that compute in integers. */
export function integerOperations(graph: Graph): readonly string[] {
  const types = inferTypes(graph);
  return graph.nodes.filter(({ outputs }) => types.get(outputs[0] ?? '')?.dtype === 'u8').map(({ op }) => op);
}
