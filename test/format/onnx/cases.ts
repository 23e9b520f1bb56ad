import fc from 'fast-check';
import { test } from 'vitest';
import type { OnnxOptions } from '../../../src/format/onnx/index.js';
import type { Tensor } from '../../../src/graph/tensor.js';
import { Source } from '../source.js';
import type { AttributeSpec, DataTypeName, ModelSpec, TensorSpec } from './onnx-writer.js';
import { expectSameAsOnnxruntime, type Inputs, type Tolerance } from './onnxruntime.js';

export { Source } from '../source.js';

/** A model with what to feed it and how near to onnxruntime the result must be. */
export interface Case {
  readonly model: ModelSpec;
  readonly inputs: Inputs;
  readonly tolerance: Tolerance;
  readonly options?: OnnxOptions;
}

export interface SingleNode {
  readonly operator: string;
  /** Operands in order: fed when the model runs, constants of the file, or '' for one that is left out. */
  readonly operands: readonly (Tensor | TensorSpec | '')[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly opset?: number;
  readonly domain?: string;
  readonly outputs?: number;
  readonly outputType?: DataTypeName;
  readonly tolerance?: Tolerance;
}

const isFed = (operand: Tensor | TensorSpec): operand is Tensor => 'dtype' in operand;

/** A model of one node. */
export function single({ operands, outputs = 1, tolerance = { relative: 1e-5 }, ...rest }: SingleNode): Case {
  const { operator, attributes = {}, opset = 13, domain = '', outputType = 'float' } = rest;
  const named = operands.map((operand, i) => (operand === '' ? undefined : ([`x${i}`, operand] as const)));
  const fed = named.flatMap((entry) => (entry && isFed(entry[1]) ? [[entry[0], entry[1]] as const] : []));
  const given = named.flatMap((entry) => (entry && !isFed(entry[1]) ? [[entry[0], entry[1]] as const] : []));
  const outputNames = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const names = named.map((entry) => entry?.[0] ?? '');
  return {
    model: {
      opset,
      inputs: fed.map(([name, { dtype, shape }]) => ({
        name,
        type: dtype === 'u8' ? 'uint8' : 'float',
        shape,
      })),
      outputs: outputNames.map((name) => ({ name, type: outputType })),
      initializers: Object.fromEntries(given),
      nodes: [{ operator, domain, inputs: names, outputs: outputNames, attributes }],
    },
    inputs: Object.fromEntries(fed),
    tolerance,
  };
}

/** One test for each generated case, compared with onnxruntime. */
export function compareCases(cases: Readonly<Record<string, (source: Source) => Case>>, runs = 8): void {
  test.each(Object.entries(cases))('%s', async (_name, make) => {
    const seeds = fc.integer({ min: 0, max: 2 ** 30 });
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { model, inputs, tolerance, options } = make(new Source(seed));
        await expectSameAsOnnxruntime(model, inputs, tolerance, options);
      }),
      { numRuns: runs, endOnFailure: true },
    );
  });
}
