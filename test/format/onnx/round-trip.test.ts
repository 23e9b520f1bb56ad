import { expect, test } from 'vitest';
import { fromOnnx } from '../../../src/format/onnx/index.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import { toOnnx } from '../../../tools/onnx/index.js';
import { floatModel, integerModel } from '../models.js';
import { Source } from '../source.js';
import { integerOperations } from './quantized-cases.js';

/** Outputs of a graph for generated inputs. */
function outputsOf(graph: Graph, seed: number): Readonly<Record<string, unknown>> {
  const source = new Source(seed);
  const inputs = graph.inputs.map(({ name, type }) => {
    const value = type.dtype === 'u8' ? source.u8(type.shape) : source.f32(type.shape, -2, 2);
    return [name, value] as const;
  });
  return interpret(graph, Object.fromEntries(inputs));
}

test.each([
  ['f32', floatModel()],
  ['8-bit weights', integerModel(8)],
  ['4-bit weights', integerModel(4)],
])('a graph of %s written as ONNX and imported again computes the same bits', (_name, graph) => {
  const back = fromOnnx(toOnnx(graph));
  expect(integerOperations(back)).toEqual(integerOperations(graph));
  for (let seed = 0; seed < 5; seed++) expect(outputsOf(back, seed)).toEqual(outputsOf(graph, seed));
});
