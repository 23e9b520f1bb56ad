/** Where the patches of a convolution lie in its staged input. Sizes in elements unless they say bytes. */
export interface PatchGeometry {
  readonly images: number;
  /** Size of one staged image, border included, before stride and dilation. */
  readonly stagedHeight: number;
  readonly stagedWidth: number;
  /** Elements between horizontally adjacent staged pixels. */
  readonly stagedChannels: number;
  /** Elements of one kernel position: all staged channels, or one group's. */
  readonly channels: number;
  readonly elementBytes: 1 | 2 | 4;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** The contiguous runs of a patch and the start of every output pixel's patch, in bytes from the input. */
export interface Patches {
  readonly segmentOffsets: Int32Array;
  readonly pixelOffsets: Int32Array;
  /** Elements of one segment as they lie in memory, before rounding up to the kernel's depth. */
  readonly segmentLength: number;
}

/**
 * Describes a convolution to a dense kernel.
 *
 * A 3x3 convolution over dense channels-last pixels has 3 segments of 3 * channels elements; with dilation, or
 * when a group takes only a slice of the channels, it has 9 segments of `channels` elements.
 */
export function patches(geometry: PatchGeometry): Patches {
  const { stagedWidth, stagedChannels, channels, elementBytes, kernelHeight, kernelWidth } = geometry;
  const joined = kernelWidth === 1 || (geometry.dilationX === 1 && channels === stagedChannels);
  const perRow = joined ? 1 : kernelWidth;
  const rowBytes = stagedWidth * stagedChannels * elementBytes;
  const pixelBytes = stagedChannels * elementBytes;
  const segmentOffsets = new Int32Array(kernelHeight * perRow);
  for (let y = 0; y < kernelHeight; y++) {
    for (let x = 0; x < perRow; x++) {
      segmentOffsets[y * perRow + x] =
        y * geometry.dilationY * rowBytes + x * geometry.dilationX * pixelBytes;
    }
  }
  const segmentLength = joined ? kernelWidth * channels : channels;
  return { segmentOffsets, pixelOffsets: pixelOffsets(geometry, rowBytes, pixelBytes), segmentLength };
}

/**
 * Describes a depthwise convolution to u8_depthwise or f32_depthwise: every tap is a segment. For u8 the taps are
 * rounded up to a multiple of 4 by taps whose weights are zero.
 */
export function depthwisePatches(geometry: Omit<PatchGeometry, 'channels'>): Patches {
  const { stagedWidth, stagedChannels, elementBytes, kernelHeight, kernelWidth } = geometry;
  const rowBytes = stagedWidth * stagedChannels * elementBytes;
  const pixelBytes = stagedChannels * elementBytes;
  const taps = kernelHeight * kernelWidth;
  const rounded = elementBytes === 4 ? taps : depthwiseTaps(taps);
  const segmentOffsets = Int32Array.from({ length: rounded }, (_, tap) => {
    const y = Math.floor(tap / kernelWidth);
    return tap < taps
      ? y * geometry.dilationY * rowBytes + (tap % kernelWidth) * geometry.dilationX * pixelBytes
      : 0;
  });
  return { segmentOffsets, pixelOffsets: pixelOffsets(geometry, rowBytes, pixelBytes), segmentLength: 1 };
}

/** Taps that u8_depthwise reads for a kernel of so many. */
export function depthwiseTaps(taps: number): number {
  return Math.ceil(taps / 4) * 4;
}

function pixelOffsets(
  geometry: Omit<PatchGeometry, 'channels'>,
  rowBytes: number,
  pixelBytes: number,
): Int32Array {
  const { images, outHeight, outWidth, strideY, strideX } = geometry;
  const offsets = new Int32Array(images * outHeight * outWidth);
  let pixel = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < outHeight; y++) {
      const row = (image * geometry.stagedHeight + y * strideY) * rowBytes;
      for (let x = 0; x < outWidth; x++) offsets[pixel++] = row + x * strideX * pixelBytes;
    }
  }
  return offsets;
}
