import type { Quantization, TypedArray } from '../graph/tensor.js';

/** What the scores of some pixels say. */
export interface Decisions {
  /** Index of the greatest score of each pixel, the first of equal ones. */
  readonly classes: Uint16Array;
  /** Its share of belief: the score itself where the scores are shares already, else by softmax. */
  readonly confidence: Float32Array;
}

/** Scores [pixels, classes], with their quantization where they are u8: then they are no shares. */
export function decide(scores: TypedArray, classes: number, quantization?: Quantization): Decisions {
  const pixels = scores.length / classes;
  const scale = quantization?.scale ?? 1;
  const chosen = new Uint16Array(pixels);
  const confidence = new Float32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const from = pixel * classes;
    let best = 0;
    for (let i = 1; i < classes; i++) {
      if ((scores[from + i] ?? 0) > (scores[from + best] ?? 0)) best = i;
    }
    const top = scores[from + best] ?? 0;
    let sum = 0;
    let powers = 0;
    let least = 0;
    for (let i = 0; i < classes; i++) {
      const score = scores[from + i] ?? 0;
      sum += score;
      least = Math.min(least, score);
      powers += Math.exp(scale * (score - top));
    }
    const areShares = !quantization && least >= 0 && Math.abs(sum - 1) < 1e-3;
    chosen[pixel] = best;
    confidence[pixel] = areShares ? top : 1 / powers;
  }
  return { classes: chosen, confidence };
}
