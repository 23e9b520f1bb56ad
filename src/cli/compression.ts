/** How much smaller than a dense fp32 model something is, by each usual definition. */
export interface Compression {
  /** 32 bits a weight against the bits that its width gives it, zeros included. */
  readonly byBits: number;
  /** 4 bytes a parameter against all bytes stored. */
  readonly byBytes: number;
  /** All weights against those that are not zero. */
  readonly byZeros: number;
}

/** What the definitions are, in words. */
export const definitions: Readonly<Record<keyof Compression, string>> = {
  byBits: '32 bits a weight against the bits of its width, zeros included',
  byBytes: 'parameters of 4 bytes against all bytes stored',
  byZeros: 'all weights against those that are not zero',
};

export interface Sizes {
  readonly weights: number;
  readonly nonZeros: number;
  /** Of all weights together. */
  readonly weightBits: number;
  /** Weights, biases and other constants. */
  readonly parameters: number;
  readonly bytes: number;
}

export const compressionOf = ({ weights, nonZeros, weightBits, parameters, bytes }: Sizes): Compression => ({
  byBits: (32 * weights) / Math.max(1, weightBits),
  byBytes: (4 * parameters) / Math.max(1, bytes),
  byZeros: weights / Math.max(1, nonZeros),
});

export const formatRatio = (ratio: number | undefined): string =>
  ratio === undefined ? '' : `${ratio.toFixed(ratio < 9.95 ? 2 : 1)}x`;

const titles: Readonly<Record<keyof Compression, string>> = {
  byBits: '/bits',
  byBytes: '/bytes',
  byZeros: '/zeros',
};

/** The ratios of a whole file with what each of them means. */
export function describeCompression(compression: Compression): string {
  const keys = Object.keys(titles) as (keyof Compression)[];
  const ratios = keys.map((key) => formatRatio(compression[key]));
  const width = Math.max(...ratios.map((ratio) => ratio.length));
  const lines = keys.map(
    (key, i) => `  ${titles[key].padEnd(6)}  ${(ratios[i] ?? '').padStart(width)}  ${definitions[key]}`,
  );
  return ['compression of the whole file', ...lines].join('\n');
}
