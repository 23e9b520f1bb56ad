import type { OnnxModel, OnnxNode, OnnxTensor } from '../../onnx/messages.js';

/** How the integers of a weight are stored. */
export type WeightType = 'u8' | 'i8';

/** A matrix as integers of one scale for all, as dynamic quantization usually has it. */
function quantized(weight: OnnxTensor, type: WeightType): readonly OnnxTensor[] {
  const data = Float32Array.from(weight.data as Float32Array);
  const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const scale = Math.fround(largest / 127);
  const shift = type === 'u8' ? 128 : 0;
  const integers = data.map((value) => Math.round(value / scale) + shift);
  const of = (values: Iterable<number>) => (type === 'u8' ? Uint8Array.from(values) : Int8Array.from(values));
  return [
    { name: `${weight.name}.q`, type, shape: weight.shape, data: of(integers) },
    { name: `${weight.name}.zero`, type, shape: [], data: of([shift]) },
    { name: `${weight.name}.scale`, type: 'f32', shape: [], data: Float32Array.of(scale) },
  ];
}

const node = (
  operator: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
): OnnxNode => ({
  ...{ operator, name, inputs, outputs, attributes: {} },
});

/**
 * The model with every product of a value and a constant matrix in integers, the value quantized when it is there: what
 * onnxruntime's `quantize_dynamic` makes of it.
 */
export function quantizeDynamically(model: OnnxModel, type: WeightType): OnnxModel {
  const initializers = new Map(model.initializers.map((tensor) => [tensor.name, tensor]));
  const nodes: OnnxNode[] = [];
  const seen = new Set<string>();
  for (const product of model.nodes) {
    const [x = '', matrix = ''] = product.inputs;
    const weight = initializers.get(matrix);
    if (product.operator !== 'MatMul' || weight?.type !== 'f32') {
      nodes.push(product);
      continue;
    }
    initializers.delete(matrix);
    for (const tensor of quantized(weight, type)) initializers.set(tensor.name, tensor);
    if (!seen.has(x))
      nodes.push(
        node(
          'DynamicQuantizeLinear',
          `${x}.quantize`,
          [x],
          [`${x}.dynamic.q`, `${x}.dynamic.scale`, `${x}.dynamic.zero`],
        ),
      );
    seen.add(x);
    const [output = ''] = product.outputs;
    const operands = [`${x}.dynamic.q`, `${matrix}.q`, `${x}.dynamic.zero`, `${matrix}.zero`];
    nodes.push(
      node('MatMulInteger', `${output}.integers`, operands, [`${output}.integers`]),
      {
        ...node('Cast', `${output}.real`, [`${output}.integers`], [`${output}.real`]),
        attributes: { to: { kind: 'integer', value: 1 } },
      },
      node(
        'Mul',
        `${output}.dynamic.scale`,
        [`${x}.dynamic.scale`, `${matrix}.scale`],
        [`${output}.dynamic.scale`],
      ),
      node('Mul', product.name, [`${output}.real`, `${output}.dynamic.scale`], [output]),
    );
  }
  return { ...model, nodes, initializers: [...initializers.values()] };
}
