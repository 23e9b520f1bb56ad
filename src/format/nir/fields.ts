import { formatShape } from '../../graph/tensor.js';
import { rejectModel, shorten } from '../json.js';
import type { Hdf5Group, NumberArray } from './hdf5.js';

/** The parameters of one node of a file, checked as they are read. Throws `invalid-model` that names node and field. */
export class Fields {
  readonly node: string;
  readonly #group: Hdf5Group;
  readonly #arrays = new Map<string, NumberArray>();

  constructor(node: string, group: Hdf5Group) {
    this.node = node;
    this.#group = group;
  }

  where(field: string): string {
    return `node '${shorten(this.node)}': ${field}`;
  }

  reject(field: string, message: string): never {
    rejectModel(this.where(field), message);
  }

  has(field: string): boolean {
    return this.#group.names.includes(field);
  }

  /** Finite numbers of any shape. */
  array(field: string): NumberArray {
    const array = this.#arrays.get(field) ?? this.#read(field);
    this.#arrays.set(field, array);
    return array;
  }

  #read(field: string): NumberArray {
    if (!this.has(field)) this.reject(field, 'is missing');
    const array = this.#group.numbers(field) ?? this.reject(field, 'must be numbers');
    const bad = array.data.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (bad >= 0) this.reject(field, `element ${bad} is ${array.data[bad]}, must be a finite number`);
    return array;
  }

  /** As {@link array}, of `rank` dimensions. */
  arrayOfRank(field: string, rank: number): NumberArray {
    const array = this.array(field);
    if (array.shape.length !== rank || array.data.length === 0) {
      this.reject(
        field,
        `must have ${rank} dimensions and not be empty, got shape ${formatShape(array.shape)}`,
      );
    }
    return array;
  }

  /** Integers from `least` on, at most `greatest`. */
  integers(field: string, least: number, greatest = 2 ** 28): readonly number[] {
    const { data } = this.array(field);
    const bad = data.find((value) => !Number.isInteger(value) || value < least || value > greatest);
    if (bad !== undefined) this.reject(field, `must be integers from ${least} to ${greatest}, got ${bad}`);
    return Array.from(data);
  }

  integer(field: string, least: number, greatest?: number): number {
    const values = this.integers(field, least, greatest);
    const [value] = values;
    if (value === undefined || values.length !== 1)
      this.reject(field, `must be one integer, got ${values.length}`);
    return value;
  }

  /** `count` integers; a single one stands for all. */
  sizes(field: string, count: number, least: number): readonly number[] {
    const values = this.integers(field, least);
    if (values.length === count) return values;
    const [value] = values;
    if (value === undefined || values.length !== 1) {
      this.reject(field, `must be 1 or ${count} integers, got ${values.length}`);
    }
    return Array.from({ length: count }, () => value);
  }

  /** A text, where the field is one. */
  text(field: string): string | undefined {
    const texts = this.has(field) ? this.#group.texts(field) : undefined;
    return texts?.length === 1 ? texts[0] : undefined;
  }
}
