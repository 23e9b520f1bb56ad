/** Integer weights in the order of kernels, with what the compiler wants to know of them. */
export interface ArrangedWeights {
  /** [outChannels][window][channels]. */
  readonly data: Int8Array;
  /** Sum of each output channel's weights. */
  readonly sums: Int32Array;
  readonly nonZero: number;
}

/** OIHW to OHWI in one pass over the weights: the channels of a window position become adjacent. */
export function arrangeIntegers(weights: Int8Array, outChannels: number, window: number): ArrangedWeights {
  const patch = weights.length / outChannels;
  const channels = patch / window;
  const data = new Int8Array(weights.length);
  const sums = new Int32Array(outChannels);
  let nonZero = 0;
  let to = 0;
  for (let o = 0; o < outChannels; o++) {
    let sum = 0;
    for (let position = 0; position < window; position++) {
      const end = to + channels;
      for (let from = o * patch + position; to < end; from += window) {
        const weight = weights[from] as number;
        data[to++] = weight;
        sum = (sum + weight) | 0;
        nonZero = (nonZero + ((weight | -weight) >>> 31)) | 0;
      }
    }
    sums[o] = sum;
  }
  return { data, sums, nonZero };
}

/** {@link arrangeIntegers} for f32 weights. */
export function arrangeFloats(weights: Float32Array, outChannels: number, window: number): Float32Array {
  const patch = weights.length / outChannels;
  const channels = patch / window;
  const data = new Float32Array(weights.length);
  let to = 0;
  for (let o = 0; o < outChannels; o++) {
    for (let position = 0; position < window; position++) {
      const end = to + channels;
      for (let from = o * patch + position; to < end; from += window) data[to++] = weights[from] as number;
    }
  }
  return data;
}
