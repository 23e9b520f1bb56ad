import { describe, expect, test } from 'vitest';
import { type Case, Source } from './cases.js';
import { float, uint8 } from './onnx-writer.js';
import { expectSameAsOnnxruntime } from './onnxruntime.js';
import {
  integerOperations,
  oneStep,
  type Quantized,
  QuantizedModel,
  quantizedType,
} from './quantized-cases.js';

const unsigned: Quantized = { scale: Math.fround(0.02), zeroPoint: 100, signed: false };

async function operationsOf({ model, inputs, tolerance }: Case): Promise<readonly string[]> {
  const graph = await expectSameAsOnnxruntime(model, inputs, tolerance);
  return graph.nodes.map(({ op }) => op);
}

describe('graphs of integers and floats', () => {
  test('an operator without integer form is computed in f32 between dequantize and quantize', async () => {
    const source = new Source(1);
    const model = new QuantizedModel();
    const out = { ...unsigned, scale: Math.fround(0.004), zeroPoint: 0 };
    const result = model.node('Softmax', [model.quantized('x', unsigned)]);
    const found = oneStep(model, { x: source.f32([2, 5]) }, model.quantized(result, out), out);
    expect(await operationsOf(found)).toEqual([
      'quantize',
      'dequantize',
      'softmax',
      'quantize',
      'dequantize',
    ]);
  });

  test('a convolution whose output is not quantized is computed in f32 with its dequantized weight', async () => {
    const source = new Source(2);
    const model = new QuantizedModel();
    const result = model.node('Conv', [
      model.quantized('x', unsigned),
      model.weight(source, [2, 2, 3, 3], 0),
    ]);
    const found = oneStep(model, { x: source.f32([1, 2, 4, 4]) }, result, { ...unsigned, scale: 1e-5 });
    expect(await operationsOf(found)).toEqual(['quantize', 'dequantize', 'conv']);
  });

  test('a value with readers in integers and in f32 is dequantized once', async () => {
    const source = new Source(3);
    const model = new QuantizedModel();
    const x = model.quantized('x', unsigned);
    const relu = model.quantized(model.node('Relu', [x]), unsigned);
    const sum = model.node('Add', [model.node('Softmax', [x]), model.node('Softmax', [relu])]);
    const found = oneStep(model, { x: source.f32([2, 5]) }, model.node('Add', [sum, x]), {
      ...unsigned,
      scale: 1e-5,
    });
    const operations = await operationsOf(found);
    expect(operations.filter((op) => op === 'dequantize')).toHaveLength(2);
  });

  test('a residual block keeps its integers from input to output', async () => {
    const source = new Source(4);
    const model = new QuantizedModel();
    const [first, second, sum] = [
      quantizedType(source, 0.03),
      quantizedType(source, 0.04),
      quantizedType(source, 0.05),
    ];
    const x = model.quantized('x', first);
    const bias = model.constant(float([2], source.reals(2)));
    const conv = model.node('Conv', [x, model.weight(source, [2, 2, 3, 3], 0), bias], {
      pads: { ints: [1, 1, 1, 1] },
    });
    const branch = model.quantized(model.node('Relu', [conv]), second);
    const added = model.quantized(model.node('Relu', [model.node('Add', [branch, x])]), sum);
    const found = oneStep(model, { x: source.f32([1, 2, 4, 4], -2, 2) }, added, sum);
    const operations = await operationsOf(found);
    expect(operations.slice(0, 2)).toEqual(['quantize', 'conv']);
    expect(operations.filter((op) => op === 'dequantize')).toHaveLength(1);
  });

  test('uint8 inputs and outputs take their scale from the operators that use them', async () => {
    const source = new Source(5);
    const model = new QuantizedModel();
    const relu = model.node('Relu', [model.dequantize('x', unsigned)]);
    const integers = model.quantize(relu, { ...unsigned, scale: Math.fround(0.015) });
    const spec = {
      ...model.spec([{ name: 'x', type: 'uint8', shape: [3, 4] }], integers),
      outputs: [{ name: integers, type: 'uint8' as const }],
    };
    const graph = await expectSameAsOnnxruntime(spec, { x: source.u8([3, 4]) }, { absolute: 1 });
    expect(graph.inputs[0]?.type.quantization).toEqual({
      scale: unsigned.scale,
      zeroPoint: unsigned.zeroPoint,
    });
    expect(integerOperations(graph)).toEqual(['relu']);
  });

  test('uint8 pixels cast to float are read as such', async () => {
    const source = new Source(6);
    const model = new QuantizedModel();
    const pixels = model.node('Cast', ['x'], { to: { int: 1 } });
    const scaled = model.node('Div', [pixels, model.constant(float([], [255]))]);
    const spec = model.spec([{ name: 'x', type: 'uint8', shape: [1, 3, 2, 2] }], scaled);
    const graph = await expectSameAsOnnxruntime(spec, { x: source.u8([1, 3, 2, 2]) }, { relative: 1e-6 });
    expect(graph.inputs[0]?.type.quantization).toEqual({ scale: 1, zeroPoint: 0 });
  });

  test('padding of integers with a raw fill value', async () => {
    const source = new Source(7);
    const model = new QuantizedModel();
    const x = model.quantize('x', unsigned);
    const pads = model.constant({ type: 'int64', shape: [4], data: [0, 1, 0, 2] });
    const padded = model.node('Pad', [x, pads, model.constant(uint8([], [7]))]);
    const found = oneStep(model, { x: source.f32([2, 3]) }, model.dequantize(padded, unsigned), unsigned);
    expect(await operationsOf(found)).toContain('pad');
  });
});
