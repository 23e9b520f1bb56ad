/** A convolution without groups over channels-last images. */
export interface PlaneGeometry {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: readonly [height: number, width: number];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/**
 * How an input is laid out in planes so that every tap of the window reads the output pixels' inputs from one row of
 * adjacent elements.
 */
export interface PlaneLayout {
  /** Bytes from the input to the pixel at each element of a plane, -1 in the border; a multiple of 8. */
  readonly offsets: Int32Array;
  /** Elements of a plane that the convolution reads. */
  readonly positions: number;
  /** First element of each tap's row. */
  readonly taps: readonly number[];
  /** Elements of an output plane up to the last pixel; those between rows of pixels mean nothing. */
  readonly span: number;
  /** First element of each row of output pixels in an output plane, and the pixels of such a row. */
  readonly rows: Int32Array;
  readonly rowPixels: number;
}

/** Pixels that u8_unstage_planes moves as a row where all lie side by side. */
const joinedPixels = 64;

/** Splits an offset in the input into where a part of a plane starts and how far a row lies behind it. */
type Split = (offset: number, stride: number) => readonly [origin: number, shift: number];

/** Taps a stride apart share a part. */
const byPhase: Split = (offset, stride) => [offset % stride, Math.floor(offset / stride)];

/** Every tap has a part of its own, which needs no columns beyond those of the output. */
const apart: Split = (offset) => [offset, 0];

/** The ways to lay out the input of a convolution: they trade copies of the input for columns without a pixel. */
export function planeLayouts(geometry: PlaneGeometry): readonly PlaneLayout[] {
  const whole = planeLayout(geometry, byPhase);
  const isExact = geometry.kernel[1] === 1;
  return isExact ? [whole] : [whole, planeLayout(geometry, apart)];
}

interface Tap {
  readonly origin: readonly [y: number, x: number];
  readonly shift: readonly [y: number, x: number];
}

function tapsOf({ kernel, strides, dilations }: PlaneGeometry, splitColumns: Split): readonly Tap[] {
  const [height, width] = kernel;
  return Array.from({ length: height * width }, (_, tap) => {
    const [y, shiftY] = byPhase(Math.floor(tap / width) * (dilations[0] ?? 1), strides[0] ?? 1);
    const [x, shiftX] = splitColumns((tap % width) * (dilations[1] ?? 1), strides[1] ?? 1);
    return { origin: [y, x], shift: [shiftY, shiftX] };
  });
}

function planeLayout(geometry: PlaneGeometry, splitColumns: Split): PlaneLayout {
  const { images, outHeight, outWidth } = geometry;
  const taps = tapsOf(geometry, splitColumns);
  const height = outHeight + Math.max(...taps.map(({ shift }) => shift[0]));
  const width = outWidth + Math.max(...taps.map(({ shift }) => shift[1]));
  const part = images * height * width;
  const origins = [...new Map(taps.map(({ origin }) => [origin.join(), origin])).values()];
  const indices = new Map(origins.map((origin, index) => [origin.join(), index]));
  const positions = origins.length * part;
  const offsets = new Int32Array(Math.ceil(positions / 8) * 8).fill(-1);
  origins.forEach((origin, index) => {
    fillOffsets(offsets.subarray(index * part), geometry, origin, [height, width]);
  });
  const span = ((images - 1) * height + outHeight - 1) * width + outWidth;
  return {
    offsets,
    positions,
    taps: taps.map(
      ({ origin, shift }) => (indices.get(origin.join()) ?? 0) * part + shift[0] * width + shift[1],
    ),
    span,
    ...rowsOf(geometry, height, width),
  };
}

/** Where the pixels of one part of a plane lie in the input. */
function fillOffsets(
  offsets: Int32Array,
  geometry: PlaneGeometry,
  [originY, originX]: readonly [number, number],
  [height, width]: readonly [number, number],
): void {
  const { images, strides, pads, channels } = geometry;
  let at = 0;
  for (let row = 0; row < images * height; row++) {
    const y = (row % height) * (strides[0] ?? 1) + originY - (pads[0] ?? 0);
    const first = (Math.floor(row / height) * geometry.height + y) * geometry.width;
    for (let column = 0; column < width; column++, at++) {
      const x = column * (strides[1] ?? 1) + originX - (pads[1] ?? 0);
      const inside = y >= 0 && y < geometry.height && x >= 0 && x < geometry.width;
      if (inside) offsets[at] = (first + x) * channels;
    }
  }
}

function rowsOf(
  { images, outHeight, outWidth }: PlaneGeometry,
  height: number,
  width: number,
): Pick<PlaneLayout, 'rows' | 'rowPixels'> {
  if (width === outWidth && (images === 1 || height === outHeight)) {
    const count = Math.ceil((images * outHeight * outWidth) / joinedPixels);
    return { rows: Int32Array.from({ length: count }, (_, i) => i * joinedPixels), rowPixels: joinedPixels };
  }
  const rows = Int32Array.from(
    { length: images * outHeight },
    (_, row) => (Math.floor(row / outHeight) * height + (row % outHeight)) * width,
  );
  return { rows, rowPixels: outWidth };
}
