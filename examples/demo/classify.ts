import { greatest } from 'spikelet/data';
import type { Tensor } from '../../src/graph/tensor.js';
import type { Contender } from './contender.js';

/** An image as a model takes it, with the index of its class among the model's. */
export interface Sample {
  readonly name: string;
  readonly image: Tensor;
  readonly label: number;
}

/** What a contender made of the samples. */
export interface Outcome {
  readonly contender: Contender;
  /** Class scores by sample. */
  readonly scores: readonly Float32Array[];
  /** Part of the samples whose first class is right. */
  readonly top1: number;
  readonly milliseconds: number;
}

const blockLength = 10;

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

export const isRight = (scores: Float32Array, sample: Sample): boolean =>
  greatest(scores, 1)[0] === sample.label;

async function classifyBlock(contender: Contender, block: readonly Sample[], scores: Float32Array[]) {
  const times: number[] = [];
  for (const { image } of block) {
    const start = performance.now();
    scores.push(await contender.classify(image));
    times.push(performance.now() - start);
  }
  // The first image of a block brings the model back into the caches.
  return times.slice(1);
}

/**
 * Every contender classifies every sample. They take turns by blocks of images, so that whatever else the machine
 * does disturbs all of them alike.
 */
export async function classifyAll(
  contenders: readonly Contender[],
  samples: readonly Sample[],
  onProgress: (done: number) => void,
): Promise<readonly Outcome[]> {
  const runs = contenders.map((contender) => ({
    contender,
    scores: [] as Float32Array[],
    times: [] as number[],
  }));
  for (let first = 0; first < samples.length; first += blockLength) {
    const block = samples.slice(first, first + blockLength);
    for (const { contender, scores, times } of runs) {
      times.push(...(await classifyBlock(contender, block, scores)));
    }
    onProgress(first + block.length);
  }
  return runs.map(({ contender, scores, times }) => ({
    contender,
    scores,
    top1:
      samples.filter((sample, i) => isRight(scores[i] ?? new Float32Array(), sample)).length / samples.length,
    milliseconds: median(times),
  }));
}
