import { f32Type, u8Type } from '../../src/graph/builder.js';
import type { Case, Draw } from './generate.js';

/** Queries, keys and values of some heads, f32 or u8, now and then with a mask. */
export function attention(draw: Draw): Case {
  const [batch, heads] = [draw.pick([1, 1, 2]), draw.integer(1, 3)];
  const [queries, keys] = [draw.integer(1, 29), draw.pick([draw.integer(1, 40), draw.integer(250, 530)])];
  const [depth, valueDepth] = [draw.pick([4, 8, draw.integer(1, 20)]), draw.pick([8, draw.integer(1, 20)])];
  const isReal = draw.random() < 0.5;
  const meaning = (zeroPoint: number) => ({ scale: draw.real(0.01, 0.05), zeroPoint });
  const value = (name: string, count: number, features: number, zeroPoint: number): string => {
    const shape = [batch, count, heads * features];
    return draw.input(name, isReal ? f32Type(shape) : u8Type(shape, meaning(zeroPoint)), -3, 3);
  };
  const inputs = [
    value('q', queries, depth, draw.integer(0, 255)),
    value('k', keys, depth, 128),
    value('v', keys, valueDepth, 128),
  ];
  if (draw.random() < 0.5) {
    const whole = [batch, heads, queries].map((size) => draw.pick([1, size]));
    inputs.push(draw.input('mask', f32Type([...whole.slice(draw.integer(0, 3)), keys]), -6, 2));
  }
  const attributes = { heads, scale: draw.real(0.1, 0.5) };
  const own = isReal ? {} : { quantization: meaning(draw.integer(0, 255)) };
  return draw.finish(draw.builder.node('attention', inputs, { attributes, ...own }));
}

/** Normalization over one or more of the last axes, now and then without bias or quantized right away. */
export function layerNorm(draw: Draw): Case {
  const shape = draw.shape(draw.integer(1, 4), 9);
  const axis = draw.integer(0, shape.length - 1);
  shape[axis] = draw.pick([shape[axis] ?? 1, draw.integer(1, 40)]);
  const own = shape.slice(axis);
  const inputs = [draw.value('x', shape, 'f32'), draw.builder.constant('scale', draw.floats(own))];
  if (draw.random() < 0.7) inputs.push(draw.builder.constant('bias', draw.floats(own)));
  const norm = draw.builder.node('layerNorm', inputs, { attributes: { axis, epsilon: 1e-3 } });
  if (draw.random() < 0.7) return draw.finish(norm);
  return draw.finish(draw.builder.node('quantize', [norm], { quantization: draw.quantization() }));
}

/** Rows of a table, some of which do not exist. */
export function gather(draw: Draw): Case {
  const rows = draw.integer(1, 9);
  const indices = draw.shape(draw.integer(1, 2), 6);
  const data = Float32Array.from(
    draw.list(
      indices.reduce((a, b) => a * b),
      () => draw.pick([draw.integer(-1, rows), 0.5]),
    ),
  );
  const inputs = [
    draw.value('table', [rows, ...draw.shape(draw.integer(0, 2), 9)], 'f32'),
    draw.builder.constant('indices', { dtype: 'f32', shape: indices, data }),
  ];
  return draw.finish(draw.builder.node('gather', inputs));
}
