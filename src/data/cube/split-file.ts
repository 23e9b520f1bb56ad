import { SpikeletError } from '../../error.js';
import type { PixelSplit } from './split.js';

const format = 'spikelet-split';
const version = 1;

/**
 * A split as the text of a file, which the training tools read as well: JSON with the kind, the size of the scene and
 * of the patches, and the pixels as `row * width + column`.
 */
export function formatSplit(split: PixelSplit): string {
  const { kind, height, width, patch, seed } = split;
  const [train, test] = [Array.from(split.train), Array.from(split.test)];
  return `${JSON.stringify({ format, version, kind, height, width, patch, seed, train, test })}\n`;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string, name: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SpikeletError('invalid-input', 'is no JSON', { where: name, cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new SpikeletError('invalid-input', 'is no JSON object', { where: name });
}

function integer(fields: Fields, key: string, least: number, name: string): number {
  const value = fields[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new SpikeletError('invalid-input', `expected a whole number from ${least} on`, {
    where: `${name}: field '${key}'`,
  });
}

function pixelsIn(fields: Fields, key: string, end: number, seen: Uint8Array, name: string): Uint32Array {
  const where = `${name}: field '${key}'`;
  const list = fields[key];
  if (!Array.isArray(list)) throw new SpikeletError('invalid-input', 'expected a list of pixels', { where });
  const pixels = list.map((value: unknown, i) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= end) {
      throw new SpikeletError('invalid-input', `entry ${i} is no pixel of 0 to ${end - 1}`, { where });
    }
    if (seen[value] === 1)
      throw new SpikeletError('invalid-input', `pixel ${value} is listed twice`, { where });
    seen[value] = 1;
    return value;
  });
  return Uint32Array.from(pixels).sort();
}

/**
 * Reads a split. Throws `invalid-input` that names the field if it is no split, lists a pixel twice or one outside of
 * the scene; `unsupported` for another version.
 *
 * @example
 * const split = parseSplit(readFileSync('salinas-a.split.json', 'utf8'), 'salinas-a.split.json');
 */
export function parseSplit(text: string, name: string): PixelSplit {
  const fields = fieldsOf(text, name);
  if (fields.format !== format) {
    throw new SpikeletError('invalid-input', `expected '${format}': this is no split`, {
      where: `${name}: field 'format'`,
    });
  }
  if (fields.version !== version) {
    throw new SpikeletError('unsupported', `is ${JSON.stringify(fields.version)}, expected ${version}`, {
      where: `${name}: field 'version'`,
    });
  }
  const { kind } = fields;
  if (kind !== 'random' && kind !== 'disjoint') {
    throw new SpikeletError('invalid-input', "expected 'random' or 'disjoint'", {
      where: `${name}: field 'kind'`,
    });
  }
  const height = integer(fields, 'height', 1, name);
  const width = integer(fields, 'width', 1, name);
  if (height * width > 2 ** 28) {
    throw new SpikeletError('invalid-input', `${height}x${width} is no size of a scene`, { where: name });
  }
  const patch = integer(fields, 'patch', 1, name);
  const seed = integer(fields, 'seed', 0, name);
  const seen = new Uint8Array(height * width);
  const train = pixelsIn(fields, 'train', height * width, seen, name);
  const test = pixelsIn(fields, 'test', height * width, seen, name);
  return { kind, height, width, patch, seed, train, test };
}
