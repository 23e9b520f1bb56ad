import type { Graph } from '../../graph/graph.js';
import { samplingIn } from '../calibration.js';
import type { Given, OptionSpec } from '../command.js';
import { engineExecutor } from '../engine.js';
import { choiceIn } from '../parse.js';
import { type Quantization, type SchemeName, schemeNames, schemes } from '../quantization.js';
import type { MethodName } from './methods.js';

const defaults: Readonly<Record<MethodName, SchemeName | 'none' | undefined>> = {
  float: 'none',
  dnr: 'int8',
  bmpq: undefined,
  qat: undefined,
  snn: undefined,
};

/** Options of a method about quantization after training; none where it happens in training. */
export const quantizationOptions = (method: MethodName): Readonly<Record<string, OptionSpec>> =>
  defaults[method] === undefined
    ? {}
    : {
        quantize: {
          value: '<scheme>',
          help: `quantize a network that was trained in float: int8, w2 to w8, or none (default ${defaults[method]})`,
        },
      };

/** How a network that was trained in float becomes integers: as was asked for, or as a method does unasked. */
export function quantizationOf(method: MethodName, given: Given, data: string): Quantization | undefined {
  const asked = choiceIn(given, 'quantize', [...schemeNames, 'none']) ?? defaults[method] ?? 'none';
  if (asked === 'none') return undefined;
  const options = { weightBits: schemes[asked], executor: engineExecutor };
  return { path: data, sampling: samplingIn(given), options };
}

/** Whether all weights are floats. */
export const isFloat = ({ constants }: Graph): boolean =>
  [...constants.values()].every(({ quantization }) => quantization === undefined);
