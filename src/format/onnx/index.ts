import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { Graph } from '../../graph/graph.js';
import { importOnnx } from './import.js';
import { type InputShapes, optionNotation } from './input-shapes.js';

export { SpikeletError } from '../../error.js';
export type { Graph } from '../../graph/graph.js';
export type { InputShapes } from './input-shapes.js';

export interface OnnxOptions {
  /** Shapes of inputs whose sizes the file leaves open, such as `{ image: [1, 3, 224, 224] }`. */
  readonly shapes?: InputShapes;
}

function checkOptions(options: OnnxOptions): InputShapes {
  const unknown = Object.keys(options).find((name) => name !== 'shapes');
  if (unknown !== undefined) {
    const message = `fromOnnx has no option '${unknown}'${knownNames(unknown, ['shapes'])}`;
    throw new SpikeletError('invalid-option', message);
  }
  const shapes: unknown = options.shapes ?? {};
  if (typeof shapes !== 'object' || shapes === null || Array.isArray(shapes)) {
    throw new SpikeletError('invalid-option', 'shapes must be an object of shapes by input name', {
      where: 'shapes',
    });
  }
  return options.shapes ?? {};
}

/**
 * Reads an ONNX model of opset 11 or newer, in float, QDQ or QLinear form. int8 activations become uint8, 128 higher;
 * quantized operators become integer ones where the graph has an integer form.
 *
 * Throws `unsupported` with every node that cannot be imported and why, `invalid-input` when the size of an input is
 * neither in the file nor in `shapes`, `invalid-model` for a damaged file.
 *
 * @example
 * const graph = fromOnnx(await readFile('resnet18.onnx'), { shapes: { image: [1, 3, 224, 224] } });
 */
export function fromOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Graph {
  const shapes = checkOptions(options);
  return importOnnx(bytes, { shapes, notation: optionNotation });
}
