import { SpikeletError } from '../../error.js';
import { largestSize } from '../../graph/attributes.js';
import { formatShape } from '../../graph/tensor.js';
import { shorten } from '../json.js';
import { elementName } from './host-tensor.js';
import type { OnnxPort } from './model.js';

/** Shapes of inputs by name. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

const isSize = (size: unknown): size is number =>
  typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= largestSize;

function describe({ name, elementType, dimensions }: OnnxPort): string {
  const sizes = dimensions?.slice(0, 8).map((d) => (d === '' ? '?' : shorten(String(d))));
  return `  ${shorten(name)}: ${elementName(elementType)} ${sizes ? `[${sizes.join(', ')}]` : '(no shape)'}`;
}

function rejectShapes(message: string, ports: readonly OnnxPort[]): never {
  const list = ports.slice(0, 20).map(describe).join('\n');
  throw new SpikeletError('invalid-input', `${message}; the model's inputs are\n${list}`, {
    where: 'shapes',
  });
}

function checkGiven(ports: readonly OnnxPort[], shapes: InputShapes): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const port = ports.find((known) => known.name === name);
    if (!port) rejectShapes(`there is no input '${shorten(name)}'`, ports);
    if (!Array.isArray(shape) || shape.length > 8 || !shape.every(isSize)) {
      rejectShapes(
        `the shape of '${shorten(name)}' must be a list of at most 8 sizes from 1 to ${largestSize}`,
        ports,
      );
    }
    const { dimensions } = port;
    const fits = dimensions === undefined || dimensions.length === shape.length;
    if (!fits || dimensions?.some((d, i) => typeof d === 'number' && d > 0 && d !== shape[i])) {
      rejectShapes(`${formatShape(shape)} does not fit input '${shorten(name)}'`, ports);
    }
  }
}

/** Sizes of named dimensions as the given shapes fix them. */
function namedSizes(ports: readonly OnnxPort[], shapes: InputShapes): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, dimensions } of ports) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    dimensions?.forEach((dimension, i) => {
      const size = shape?.[i];
      if (typeof dimension !== 'string' || dimension === '' || size === undefined) return;
      const known = sizes.get(dimension) ?? size;
      if (known !== size)
        rejectShapes(`dimension '${shorten(dimension)}' is given as ${known} and as ${size}`, ports);
      sizes.set(dimension, size);
    });
  }
  return sizes;
}

/**
 * Shapes of all inputs: as the file fixes them, as the caller gives them, or as the caller gives a dimension of the
 * same name elsewhere. Throws `invalid-input`, with all inputs and an example, where a size stays unknown.
 */
export function resolveShapes(
  ports: readonly OnnxPort[],
  shapes: InputShapes,
): readonly (readonly number[])[] {
  checkGiven(ports, shapes);
  const sizes = namedSizes(ports, shapes);
  return ports.map(({ name, dimensions }) => {
    const given = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (given) return given;
    const resolved = dimensions?.map((d) => (typeof d === 'string' ? sizes.get(d) : d));
    if (!resolved?.every(isSize)) {
      const example = dimensions?.map((d) => (isSize(d) ? d : 1)) ?? [1];
      const option = `shapes: { ${JSON.stringify(shorten(name))}: ${formatShape(example)} }`;
      rejectShapes(
        `the size of input '${shorten(name)}' is not fixed: give all its sizes, such as ${option}`,
        ports,
      );
    }
    return resolved.filter(isSize);
  });
}
