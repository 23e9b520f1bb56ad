import { seededRandom } from './networks/draft.js';

/** An input of the networks, [1, 3, 32, 32]: zero mean, unit power. */
export function randomImage(seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: 3 * 32 * 32 }, () => Math.sqrt(12) * (random() - 0.5));
}
