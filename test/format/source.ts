import type { Tensor } from '../../src/graph/tensor.js';
import { randomNumbers } from './models.js';

/** Random numbers for a test case, all from one seed. */
export class Source {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomNumbers(seed);
  }

  integer(least: number, greatest: number): number {
    return least + Math.floor(this.#next() * (greatest - least + 1));
  }

  pick<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.integer(0, choices.length - 1)] ?? choices[0];
  }

  real(least = -1, greatest = 1): number {
    return Math.fround(least + this.#next() * (greatest - least));
  }

  reals(count: number, least = -1, greatest = 1): Float32Array {
    return Float32Array.from({ length: count }, () => this.real(least, greatest));
  }

  integers(count: number, least: number, greatest: number): readonly number[] {
    return Array.from({ length: count }, () => this.integer(least, greatest));
  }

  f32(shape: readonly number[], least = -1, greatest = 1): Tensor<Float32Array> {
    const count = shape.reduce((n, d) => n * d, 1);
    return { dtype: 'f32', shape, data: this.reals(count, least, greatest) };
  }

  u8(shape: readonly number[]): Tensor<Uint8Array> {
    const count = shape.reduce((n, d) => n * d, 1);
    return { dtype: 'u8', shape, data: Uint8Array.from(this.integers(count, 0, 255)) };
  }
}
