import type { ShapeNotation } from '../format/onnx/input-shapes.js';
import type { Given, OptionSpec } from './command.js';
import { UsageError } from './io.js';
import type { Shapes } from './model-file.js';
import { pairsIn } from './parse.js';

export const shapeOption: Readonly<Record<string, OptionSpec>> = {
  shape: {
    value: '<input=1,3,32,32>',
    help: 'shape of an input whose dimensions an ONNX file leaves open; may be repeated',
    multiple: true,
  },
};

/** How the importer's messages ask for shapes. */
export const shapeNotation: ShapeNotation = {
  option: '--shape',
  write(name, sizes) {
    const pair = `${name}=${sizes.join(',')}`;
    return `--shape ${/^[\w.,:/=-]+$/.test(pair) ? pair : `'${pair}'`}`;
  },
};

/** Shapes by input name, or undefined if none are given. */
export function shapesIn(given: Given): Shapes | undefined {
  const reject = (text: string): never => {
    throw new UsageError(`--shape must look like input=1,3,32,32, got '${text}'`);
  };
  const bare = given.values.get('shape')?.find((text) => !text.includes('='));
  if (bare !== undefined) reject(bare);
  const pairs = pairsIn(given, 'shape', /;/).map(([name, text]) => {
    const shape = text.split(/[,x]/).map(Number);
    if (!shape.every((size) => Number.isInteger(size) && size > 0)) reject(`${name}=${text}`);
    return [name, shape] as const;
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}
