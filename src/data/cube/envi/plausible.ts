import { SpikeletError } from '../../../error.js';
import type { CubeShape } from '../cube.js';
import {
  type Interleave,
  interleaves,
  type SampleType,
  type Strides,
  sampleBytes,
  samplesOf,
} from '../samples.js';

/** A reading of the data file: everything of its layout that its size cannot confirm. */
interface Reading {
  readonly interleave: Interleave;
  readonly littleEndian: boolean;
}

const probes = 2048;
/** Below this size neighbours say nothing. */
const smallestSide = 8;
/** Neighbours are alike if they differ by less than this share of what samples anywhere do. */
const alike = 0.2;
/** A reading under which neighbours differ by less than this along every axis shows a scene. */
const smooth = 0.15;
/** Bands whose own samples differ by more than this share overlap in their levels. */
const planeSpread = 0.3;
/** A reading is wrong if another is this many times smoother. */
const smootherBy = 4;

/** Numbers below a bound, always the same ones. */
function sequence(): (bound: number) => number {
  let state = 1;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const median = (values: number[]): number => {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
};

/** Median differences between samples, in units of that between two drawn anywhere: about 1 for noise. */
export interface Roughness {
  readonly row: number;
  readonly column: number;
  readonly band: number;
  /** Between two drawn anywhere in one band. */
  readonly plane: number;
}

/** Undefined if most samples are equal. */
export function roughness(
  at: (index: number) => number,
  { height, width, bands }: CubeShape,
  strides: Strides,
): Roughness | undefined {
  const next = sequence();
  const pixel = (): number => next(height - 1) * strides.row + next(width - 1) * strides.column;
  const row: number[] = [];
  const column: number[] = [];
  const band: number[] = [];
  const plane: number[] = [];
  const anywhere: number[] = [];
  for (let i = 0; i < probes; i++) {
    const ofBand = next(bands - 1) * strides.band;
    const here = pixel() + ofBand;
    const difference = (there: number): number => Math.abs(at(here) - at(there));
    row.push(difference(here + strides.row));
    column.push(difference(here + strides.column));
    band.push(difference(here + strides.band));
    plane.push(difference(pixel() + ofBand));
    anywhere.push(difference(pixel() + next(bands - 1) * strides.band));
  }
  const unit = median(anywhere);
  if (unit === 0) return undefined;
  return {
    row: median(row) / unit,
    column: median(column) / unit,
    band: median(band) / unit,
    plane: median(plane) / unit,
  };
}

const roughest = ({ row, column, band }: Roughness): number => Math.max(row, column, band);

/** Rough within a band, or between bands that are not told apart by their level. */
const isSuspicious = ({ row, column, band, plane }: Roughness): boolean =>
  Math.max(row, column) > alike || (band > alike && plane > planeSpread);

/** Samples one at a time in either byte order; NaN counts as far from everything. */
function reader(bytes: Uint8Array, type: SampleType, littleEndian: boolean): (index: number) => number {
  const size = sampleBytes[type];
  const one = new Uint8Array(size);
  return (index) => {
    for (let i = 0; i < size; i++) one[i] = bytes[index * size + i] ?? 0;
    const value = samplesOf(one, type, littleEndian, '')[0] ?? 0;
    return Number.isFinite(value) ? value : Number.MAX_VALUE;
  };
}

/**
 * A scene varies little between neighbours. Throws `invalid-input` if it does so under another interleave or byte
 * order, but not under the one that the header gives.
 */
export function checkPlausible(
  bytes: Uint8Array,
  layout: CubeShape & Reading & { readonly type: SampleType },
  dataName: string,
  headerName: string,
): void {
  const { height, width, bands, type } = layout;
  if (Math.min(height, width, bands) < smallestSide) return;
  const measure = ({ interleave, littleEndian }: Reading): Roughness | undefined =>
    roughness(reader(bytes, type, littleEndian), layout, interleaves[interleave](layout));
  const stated = measure(layout);
  if (!stated || !isSuspicious(stated)) return;
  const orders = sampleBytes[type] === 1 ? [layout.littleEndian] : [true, false];
  for (const littleEndian of orders) {
    for (const interleave of ['bsq', 'bil', 'bip'] as const) {
      const other = measure({ interleave, littleEndian });
      if (other && roughest(other) < smooth && roughest(other) * smootherBy < roughest(stated)) {
        const byteOrder = littleEndian ? 0 : 1;
        throw new SpikeletError(
          'invalid-input',
          `under the header's interleave ${layout.interleave} and byte order ${layout.littleEndian ? 0 : 1} the samples ` +
            `look like noise, but like a scene under interleave ${interleave} and byte order ${byteOrder}: correct ` +
            `${headerName}, or pass trustHeader if it is right`,
          { where: `${dataName}: fields 'interleave' and 'byte order' of ${headerName}` },
        );
      }
    }
  }
}
