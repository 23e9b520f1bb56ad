import { describe } from 'vitest';
import { type Case, compareCases, type Source, single } from './cases.js';
import { type AttributeSpec, float, int64, type TensorSpec } from './onnx-writer.js';

/** Two shapes that broadcast together. */
function broadcastShapes(source: Source): readonly [readonly number[], readonly number[]] {
  const full = [2, source.integer(1, 3), source.integer(1, 4), source.integer(1, 3)];
  const part = full.map((size) => (source.integer(0, 2) === 0 ? 1 : size)).slice(source.integer(0, 3));
  return source.pick([full, part] as const, [part, full] as const, [full, full] as const);
}

function binary(operator: string, source: Source, least = -2): Case {
  const [a, b] = broadcastShapes(source);
  const count = b.reduce((n, d) => n * d, 1);
  const fed = source.f32(b, least, 2);
  const constant = float(b, source.reals(count, least, 2));
  return single({
    operator,
    operands: [source.f32(a, least, 2), source.pick<typeof fed | TensorSpec>(fed, constant)],
  });
}

function many(operator: string, source: Source): Case {
  const operands = Array.from({ length: source.integer(1, 4) }, (_, i) => source.f32(i === 1 ? [3] : [2, 3]));
  return single({ operator, operands });
}

function unary(
  operator: string,
  source: Source,
  {
    least = -4,
    attributes = {},
    opset = 13,
  }: { least?: number; attributes?: Record<string, AttributeSpec>; opset?: number } = {},
): Case {
  const shape = source.pick([], [7], [2, 3], [1, 3, 4, 5]);
  return single({ operator, opset, operands: [source.f32(shape, least, 4)], attributes });
}

function clip(source: Source): Case {
  const x = source.f32([3, 5], -3, 3);
  const bounds: readonly (TensorSpec | '')[] = source.pick<readonly (TensorSpec | '')[]>(
    [],
    [float([], [-1])],
    ['', float([], [1])],
    [float([], [0]), float([], [2])],
  );
  return single({ operator: 'Clip', operands: [x, ...bounds] });
}

/** Left of this the sum of 1 and erf, which onnxruntime takes in f32, has lost more digits than are compared. */
const leastGelu = -2;

describe('float elementwise operators agree with onnxruntime', () => {
  compareCases({
    Add: (source) => binary('Add', source),
    Sub: (source) => binary('Sub', source),
    Mul: (source) => binary('Mul', source),
    Div: (source) => binary('Div', source, 0.5),
    Pow: (source) => binary('Pow', source, 0.25),
    'Pow by an integer': (source) =>
      single({ operator: 'Pow', operands: [source.f32([2, 3]), int64([source.integer(0, 3)], [])] }),
    Sum: (source) => many('Sum', source),
    Mean: (source) => many('Mean', source),
    Max: (source) => many('Max', source),
    Min: (source) => many('Min', source),
    Relu: (source) => unary('Relu', source),
    LeakyRelu: (source) =>
      unary('LeakyRelu', source, { attributes: { alpha: { float: source.real(0, 0.5) } } }),
    'LeakyRelu without slope': (source) => unary('LeakyRelu', source),
    PRelu: (source) =>
      single({ operator: 'PRelu', operands: [source.f32([2, 3]), float([1], source.reals(1))] }),
    Clip: clip,
    Sigmoid: (source) => unary('Sigmoid', source),
    Tanh: (source) => unary('Tanh', source),
    Exp: (source) => unary('Exp', source),
    Log: (source) => unary('Log', source, { least: 0.1 }),
    Sqrt: (source) => unary('Sqrt', source, { least: 0 }),
    Abs: (source) => unary('Abs', source),
    Neg: (source) => unary('Neg', source),
    Reciprocal: (source) => unary('Reciprocal', source, { least: 0.5 }),
    Erf: (source) => unary('Erf', source),
    HardSigmoid: (source) =>
      unary('HardSigmoid', source, {
        attributes: { alpha: { float: 1 / 6 }, beta: { float: source.real() } },
      }),
    'HardSigmoid by default': (source) => unary('HardSigmoid', source),
    HardSwish: (source) => unary('HardSwish', source, { opset: 14 }),
    Swish: (source) => unary('Swish', source, { opset: 24 }),
    Gelu: (source) =>
      unary('Gelu', source, {
        least: leastGelu,
        opset: 20,
        attributes: { approximate: { text: source.pick('none', 'tanh') } },
      }),
    'com.microsoft Gelu': (source) => ({
      ...single({ operator: 'Gelu', domain: 'com.microsoft', operands: [source.f32([2, 5], leastGelu, 4)] }),
    }),
    'com.microsoft BiasGelu': (source) =>
      single({
        ...{ operator: 'BiasGelu', domain: 'com.microsoft' },
        operands: [source.f32([2, 5], leastGelu, 3), float([5], source.reals(5, 0, 1))],
      }),
    'com.microsoft FastGelu': (source) =>
      single({
        ...{ operator: 'FastGelu', domain: 'com.microsoft' },
        operands: [source.f32([2, 5], leastGelu, 3), ...source.pick([float([5], source.reals(5, 0, 1))], [])],
      }),
    'com.microsoft QuickGelu': (source) =>
      single({
        operator: 'QuickGelu',
        domain: 'com.microsoft',
        operands: [source.f32([2, 5], -4, 4)],
        attributes: { alpha: { float: 1 } },
      }),
  });
});
