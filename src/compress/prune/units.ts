import type { PrunePattern } from './options.js';

/** How the weights of a layer fall into units that stay or go together. */
export interface Units {
  readonly count: number;
  /** The unit of the weight at each index. */
  readonly of: (index: number) => number;
}

/** Input channels that the kernels for sparse weights read at once. */
const groupedChannels = 4;

/** Units of a weight of shape [out, in, height, width] or [out, in]. */
export function unitsOf(shape: readonly number[], pattern: PrunePattern): Units {
  const [out = 1, channels = 1] = shape;
  const window = shape.slice(2).reduce((n, d) => n * d, 1);
  const columns = channels * window;
  switch (pattern) {
    case 'irregular':
      return { count: out * columns, of: (index) => index };
    case 'channel':
      return { count: out, of: (index) => Math.floor(index / columns) };
    case 'grouped': {
      const runs = Math.ceil(channels / groupedChannels);
      return {
        count: out * window * runs,
        of: (index) => {
          const row = Math.floor(index / columns);
          const channel = Math.floor((index % columns) / window);
          return (row * window + (index % window)) * runs + Math.floor(channel / groupedChannels);
        },
      };
    }
  }
}

/** Mean square of the weights of each unit. */
export function meanSquares(weights: ArrayLike<number>, { count, of }: Units): Float64Array {
  const sums = new Float64Array(count);
  const sizes = new Uint32Array(count);
  for (let i = 0; i < weights.length; i++) {
    const unit = of(i);
    const weight = weights[i] ?? 0;
    sums[unit] = (sums[unit] ?? 0) + weight * weight;
    sizes[unit] = (sizes[unit] ?? 0) + 1;
  }
  return sums.map((sum, unit) => sum / Math.max(1, sizes[unit] ?? 1));
}
