import { SpikeletError } from '../../error.js';
import { largestSize } from '../../graph/attributes.js';
import { knownNames } from '../../graph/closest.js';
import { formatShape } from '../../graph/tensor.js';
import { shorten } from '../json.js';
import { elementName } from './host-tensor.js';
import type { OnnxPort } from './model.js';

/** Shapes of inputs by name. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** How shapes are given, for messages that ask for them. */
export interface ShapeNotation {
  readonly option: string;
  /** One input's shape as it would be given; sizes that are to be chosen are letters. */
  write(name: string, sizes: readonly (number | string)[]): string;
}

export interface GivenShapes {
  readonly shapes: InputShapes;
  readonly notation: ShapeNotation;
}

export const optionNotation: ShapeNotation = {
  option: 'shapes',
  write: (name, sizes) => `shapes: { ${JSON.stringify(name)}: [${sizes.join(', ')}] }`,
};

const isSize = (size: unknown): size is number =>
  typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= largestSize;

function describe({ name, elementType, dimensions }: OnnxPort): string {
  const sizes = dimensions?.slice(0, 8).map((d) => (d === '' ? '?' : shorten(String(d))));
  return `  ${shorten(name)}: ${elementName(elementType)} ${sizes ? `[${sizes.join(', ')}]` : '(no shape)'}`;
}

function rejectShapes(message: string, ports: readonly OnnxPort[], { notation }: GivenShapes): never {
  const list = ports.slice(0, 20).map(describe).join('\n');
  throw new SpikeletError('invalid-input', `${message}; the model's inputs are\n${list}`, {
    where: notation.option,
  });
}

function checkGiven(ports: readonly OnnxPort[], given: GivenShapes): void {
  for (const [name, shape] of Object.entries(given.shapes)) {
    const port = ports.find((known) => known.name === name);
    if (!port) {
      const known = ports.map((other) => shorten(other.name));
      rejectShapes(`there is no input '${shorten(name)}'${knownNames(name, known)}`, ports, given);
    }
    if (!Array.isArray(shape) || shape.length > 8 || !shape.every(isSize)) {
      rejectShapes(
        `the shape of '${shorten(name)}' must be a list of at most 8 sizes from 1 to ${largestSize}`,
        ports,
        given,
      );
    }
    const { dimensions } = port;
    const fits = dimensions === undefined || dimensions.length === shape.length;
    if (!fits || dimensions?.some((d, i) => typeof d === 'number' && d > 0 && d !== shape[i])) {
      rejectShapes(`${formatShape(shape)} does not fit input '${shorten(name)}'`, ports, given);
    }
  }
}

/** Sizes of named dimensions as the given shapes fix them. */
function namedSizes(ports: readonly OnnxPort[], given: GivenShapes): ReadonlyMap<string, number> {
  const { shapes } = given;
  const sizes = new Map<string, number>();
  for (const { name, dimensions } of ports) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    dimensions?.forEach((dimension, i) => {
      const size = shape?.[i];
      if (typeof dimension !== 'string' || dimension === '' || size === undefined) return;
      const known = sizes.get(dimension) ?? size;
      if (known !== size) {
        rejectShapes(`dimension '${shorten(dimension)}' is given as ${known} and as ${size}`, ports, given);
      }
      sizes.set(dimension, size);
    });
  }
  return sizes;
}

/** Sizes for an example: one image or row at a time, and letters where the caller has to choose. */
function exampleSizes(dimensions: OnnxPort['dimensions']): readonly (number | string)[] {
  const letters = dimensions?.length === 4 ? ['1', 'C', 'H', 'W'] : ['1'];
  return (dimensions ?? ['']).map((d, i) => (isSize(d) ? d : (letters[i] ?? 'N')));
}

function askForShape({ name, dimensions }: OnnxPort, ports: readonly OnnxPort[], given: GivenShapes): never {
  const sizes = exampleSizes(dimensions);
  const letters = [...new Set(sizes)].filter((size) => /[A-Z]/.test(String(size)));
  const numbers = letters.length === 0 ? '' : ` with your numbers for ${letters.join(' and ')}`;
  const example = `${given.notation.write(shorten(name), sizes)}${numbers}`;
  const what = `the size of input '${shorten(name)}' is not fixed`;
  rejectShapes(`${what}: give all its sizes, such as ${example}`, ports, given);
}

/**
 * Shapes of all inputs: as the file fixes them, as the caller gives them, or as the caller gives a dimension of the
 * same name elsewhere. Throws `invalid-input`, with all inputs and an example, where a size stays unknown.
 */
export function resolveShapes(
  ports: readonly OnnxPort[],
  given: GivenShapes,
): readonly (readonly number[])[] {
  checkGiven(ports, given);
  const sizes = namedSizes(ports, given);
  return ports.map((port) => {
    const { name, dimensions } = port;
    const shape = Object.hasOwn(given.shapes, name) ? given.shapes[name] : undefined;
    if (shape) return shape;
    const resolved = dimensions?.map((d) => (typeof d === 'string' ? sizes.get(d) : d));
    if (!resolved?.every(isSize)) askForShape(port, ports, given);
    return resolved.filter(isSize);
  });
}
