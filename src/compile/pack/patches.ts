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
  /** The third axis of a volume, whose slices lie one after the other as images do. */
  readonly depth?: DepthGeometry;
}

/** Depth of a staged volume, border included, and of what a convolution makes of it. */
export interface DepthGeometry {
  readonly staged: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly out: number;
}

/** An image is a volume of one slice. */
const oneSlice: DepthGeometry = { staged: 1, kernel: 1, stride: 1, dilation: 1, out: 1 };

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
 * when a group takes only a slice of the channels, it has 9 segments of `channels` elements. A volume has as many for
 * each slice.
 */
export function patches(geometry: PatchGeometry): Patches {
  const { stagedChannels, channels, kernelWidth } = geometry;
  const joined = kernelWidth === 1 || (geometry.dilationX === 1 && channels === stagedChannels);
  return {
    segmentOffsets: tapOffsets(geometry, joined ? 1 : kernelWidth),
    pixelOffsets: pixelOffsets(geometry),
    segmentLength: joined ? kernelWidth * channels : channels,
  };
}

/**
 * Describes a depthwise convolution to u8_depthwise or f32_depthwise: every tap is a segment. For u8 the taps are
 * rounded up to a multiple of 4 by taps whose weights are zero.
 */
export function depthwisePatches(geometry: Omit<PatchGeometry, 'channels'>): Patches {
  const offsets = tapOffsets(geometry, geometry.kernelWidth);
  const segmentOffsets = new Int32Array(
    geometry.elementBytes === 4 ? offsets.length : depthwiseTaps(offsets.length),
  );
  segmentOffsets.set(offsets);
  return { segmentOffsets, pixelOffsets: pixelOffsets(geometry), segmentLength: 1 };
}

/** Taps that u8_depthwise reads for a kernel of so many. */
export function depthwiseTaps(taps: number): number {
  return Math.ceil(taps / 4) * 4;
}

type Strides = Omit<PatchGeometry, 'channels'>;

/** Bytes between staged pixels and between staged rows. */
function stepsOf({ stagedChannels, elementBytes, stagedWidth }: Strides): readonly [number, number] {
  const pixelBytes = stagedChannels * elementBytes;
  return [pixelBytes, stagedWidth * pixelBytes];
}

/** Where the first `perRow` elements of every row of the window lie. */
function tapOffsets(geometry: Strides, perRow: number): Int32Array {
  const { stagedHeight, kernelHeight, dilationY, dilationX, depth = oneSlice } = geometry;
  const [pixelBytes, rowBytes] = stepsOf(geometry);
  return Int32Array.from({ length: depth.kernel * kernelHeight * perRow }, (_, tap) => {
    const row = Math.floor(tap / perRow);
    const z = Math.floor(row / kernelHeight) * depth.dilation;
    const y = (row % kernelHeight) * dilationY;
    return (z * stagedHeight + y) * rowBytes + (tap % perRow) * dilationX * pixelBytes;
  });
}

function pixelOffsets(geometry: Strides): Int32Array {
  const { images, stagedHeight, outHeight, outWidth, strideY, strideX, depth = oneSlice } = geometry;
  const [pixelBytes, rowBytes] = stepsOf(geometry);
  const offsets = new Int32Array(images * depth.out * outHeight * outWidth);
  let pixel = 0;
  for (let slice = 0; slice < images * depth.out; slice++) {
    const image = Math.floor(slice / depth.out);
    const top = (image * depth.staged + (slice % depth.out) * depth.stride) * stagedHeight;
    for (let y = 0; y < outHeight; y++) {
      const row = (top + y * strideY) * rowBytes;
      for (let x = 0; x < outWidth; x++) offsets[pixel++] = row + x * strideX * pixelBytes;
    }
  }
  return offsets;
}
