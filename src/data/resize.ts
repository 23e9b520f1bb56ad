/** One plane of a picture, row-major. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** The part of a source axis that a target axis is sampled from, in pixels. */
interface Span {
  readonly from: number;
  readonly length: number;
}

interface Weights {
  readonly first: Int32Array;
  readonly taps: number;
  readonly values: Float32Array;
}

/**
 * Weights of a triangle filter from `size` pixels to `target`: bilinear interpolation when enlarging, and when
 * shrinking an average over all the pixels that a target pixel covers, so that nothing aliases.
 */
function triangle(size: number, target: number, { from, length }: Span): Weights {
  const step = length / target;
  const reach = Math.max(step, 1);
  const taps = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(target);
  const values = new Float32Array(target * taps);
  for (let t = 0; t < target; t++) {
    const centre = from + (t + 0.5) * step - 0.5;
    const start = Math.ceil(centre - reach);
    let sum = 0;
    for (let i = 0; i < taps; i++) {
      const inside = start + i >= 0 && start + i < size;
      const weight = inside ? Math.max(0, 1 - Math.abs(start + i - centre) / reach) : 0;
      values[t * taps + i] = weight;
      sum += weight;
    }
    for (let i = 0; i < taps; i++) values[t * taps + i] = (values[t * taps + i] ?? 0) / sum;
    first[t] = start;
  }
  return { first, taps, values };
}

function resizeRows(plane: Plane, target: number, span: Span): Plane {
  const { first, taps, values } = triangle(plane.width, target, span);
  const data = new Float32Array(target * plane.height);
  for (let y = 0; y < plane.height; y++) {
    for (let t = 0; t < target; t++) {
      let sum = 0;
      for (let i = 0; i < taps; i++) {
        const weight = values[t * taps + i] ?? 0;
        if (weight > 0) sum += weight * (plane.data[y * plane.width + (first[t] ?? 0) + i] ?? 0);
      }
      data[y * target + t] = sum;
    }
  }
  return { width: target, height: plane.height, data };
}

function transposed({ width, height, data }: Plane): Plane {
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[x * height + y] = data[y * width + x] ?? 0;
  }
  return { width: height, height: width, data: result };
}

/**
 * How a picture is brought to a model's size: `crop` keeps its proportions and cuts what sticks out on both sides,
 * `stretch` does not.
 */
export type Fit = 'crop' | 'stretch';

/** A plane at another size. The plane itself if the size is the same. */
export function resizePlane(plane: Plane, width: number, height: number, fit: Fit): Plane {
  if (plane.width === width && plane.height === height) return plane;
  const factor = Math.min(plane.width / width, plane.height / height);
  const span = (size: number, target: number): Span => {
    const length = fit === 'crop' ? target * factor : size;
    return { from: (size - length) / 2, length };
  };
  const narrowed = resizeRows(plane, width, span(plane.width, width));
  return transposed(resizeRows(transposed(narrowed), height, span(plane.height, height)));
}
