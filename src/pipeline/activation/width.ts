/** How activations travel over a cut: f32 as they are, or rounded to f16 or to so many bits. */
export type CutWidth = 'f32' | 'f16' | 8 | 6 | 4;

/** All widths, the widest first. */
export const cutWidths: readonly CutWidth[] = ['f32', 'f16', 8, 6, 4];

export const isCutWidth = (value: unknown): value is CutWidth => cutWidths.some((width) => width === value);

/** Bytes before the codes of a tensor: its least and its greatest value as f32. */
export const rangeBytes = 8;

/** Codes of `bits` bits that one 32-bit word holds. */
export const codesPerWord = (bits: 8 | 6 | 4): number => Math.floor(32 / bits);

/** Bytes that a tensor of `count` elements takes at a width. */
export function encodedBytes(count: number, width: CutWidth): number {
  switch (width) {
    case 'f32':
      return 4 * count;
    case 'f16':
      return 4 * Math.ceil(count / 2);
    default:
      return rangeBytes + 4 * Math.ceil(count / codesPerWord(width));
  }
}

/** Bytes of the tensors that cross a cut, for a micro-batch. */
export const cutBytes = (elements: readonly number[], width: CutWidth, batch: number): number =>
  batch * elements.reduce((sum, count) => sum + encodedBytes(count, width), 0);
