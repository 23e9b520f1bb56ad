import fc from 'fast-check';
import {
  f32Tensor,
  f32Type,
  type GraphBuilder,
  graphBuilder,
  quantization,
  u8Tensor,
  u8Type,
} from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { elementCount, type Quantization, type Tensor, type TensorType } from '../../src/graph/tensor.js';

/** A graph with values for its inputs. */
export interface Case {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Tensor>>;
}

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What makes a case up as it is drawn: sizes come from fast-check, contents from its seed. */
export class Draw {
  readonly builder: GraphBuilder = graphBuilder('case');
  readonly inputs: Record<string, Tensor> = {};
  readonly random: () => number;

  constructor(seed: number) {
    this.random = randomNumbers(seed);
  }

  integer(least: number, greatest: number): number {
    return least + Math.floor(this.random() * (greatest - least + 1));
  }

  real(least: number, greatest: number): number {
    return Math.fround(least + this.random() * (greatest - least));
  }

  list<T>(length: number, item: () => T): T[] {
    return Array.from({ length }, item);
  }

  pick<const T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  shape(rank: number, greatest = 6): number[] {
    return this.list(rank, () => this.integer(1, greatest));
  }

  quantization(): Quantization {
    return quantization(this.real(0.005, 0.2), this.pick([0, 1, 77, 128, 255, this.integer(0, 255)]));
  }

  /** A graph input with contents; extremes are frequent in u8 ones. */
  input(name: string, type: TensorType, least = -4, greatest = 4): string {
    const count = elementCount(type.shape);
    this.inputs[name] =
      type.dtype === 'u8'
        ? u8Tensor(
            type.shape,
            this.list(count, () => this.pick([0, 255, ...this.list(6, () => this.integer(0, 255))])),
          )
        : f32Tensor(
            type.shape,
            this.list(count, () => this.real(least, greatest)),
          );
    return this.builder.input(name, type);
  }

  /** An f32 input, or a u8 one with a quantization of its own. */
  value(name: string, shape: readonly number[], dtype: 'f32' | 'u8', meaning = this.quantization()): string {
    return this.input(name, dtype === 'f32' ? f32Type(shape) : u8Type(shape, meaning));
  }

  floats(shape: readonly number[], least = -1, greatest = 1) {
    const data = Float32Array.from(this.list(elementCount(shape), () => this.real(least, greatest)));
    return { dtype: 'f32' as const, shape, data };
  }

  finish(output: string): Case {
    this.builder.output(output);
    return { graph: this.builder.build(), inputs: this.inputs };
  }
}

/** Cases that are a function of a seed. */
export const drawn = (make: (draw: Draw) => Case): fc.Arbitrary<Case> =>
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((seed) => make(new Draw(seed)));
