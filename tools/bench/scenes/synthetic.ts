import type { Cube, GroundTruth } from 'spikelet/data';

/** Shapes of the public scenes that hyperspectral networks are usually measured on. */
export const publicShapes = {
  'indian-pines': { height: 145, width: 145, bands: 200, classes: 16 },
  'pavia-university': { height: 610, width: 340, bands: 103, classes: 9 },
  salinas: { height: 512, width: 217, bands: 204, classes: 16 },
} as const;

export interface SceneOptions {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
  readonly classes: number;
  readonly seed?: number;
  /** Standard deviation of the noise in units of the brightest sample (default 0.01). */
  readonly noise?: number;
  /** Pixels from a border at which two classes no longer mix (default 3). */
  readonly mixing?: number;
}

const brightest = 8000;

/** 32 random bits at a time by a seed: Mulberry32. */
function randomBits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Standard deviation of the sum of four random bytes, whose mean is 510. */
const spread = Math.sqrt((4 * (256 ** 2 - 1)) / 12);

/** Nearly normal, by four bytes of one draw. */
const gauss = (bits: number): number =>
  ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / spread;

/** Smooth spectra from 0.05 to 1: a slope common to all, and for each class bumps and dips of its own. */
function endMembers(classes: number, bands: number, random: () => number): readonly Float64Array[] {
  return Array.from({ length: classes }, () => {
    const features = Array.from({ length: 5 }, () => ({
      centre: random(),
      width: 0.04 + 0.12 * random(),
      height: 0.5 * (random() - 0.4),
    }));
    return Float64Array.from({ length: bands }, (_, band) => {
      const x = band / Math.max(1, bands - 1);
      const slope = 0.3 + 0.3 * Math.sin(Math.PI * x);
      const own = features.reduce(
        (sum, { centre, width, height }) => sum + height * Math.exp(-(((x - centre) / width) ** 2)),
        0,
      );
      return Math.min(1, Math.max(0.05, slope + own));
    });
  });
}

interface Site {
  readonly row: number;
  readonly column: number;
  readonly label: number;
}

/** The class of the nearest site, that of the nearest site of another class, and how far the border is. */
function nearest(sites: readonly Site[], row: number, column: number): readonly [number, number, number] {
  let [first, firstSquare] = [0, Number.POSITIVE_INFINITY];
  let [second, secondSquare] = [0, Number.POSITIVE_INFINITY];
  for (const site of sites) {
    const square = (site.row - row) ** 2 + (site.column - column) ** 2;
    if (square < firstSquare) {
      if (site.label !== first) {
        second = first;
        secondSquare = firstSquare;
      }
      first = site.label;
      firstSquare = square;
    } else if (site.label !== first && square < secondSquare) {
      second = site.label;
      secondSquare = square;
    }
  }
  return [first, second, (Math.sqrt(secondSquare) - Math.sqrt(firstSquare)) / 2];
}

/**
 * A scene that is made up: fields of classes with smooth spectra, which mix where fields meet, brightness that changes
 * slowly over the scene, and noise. Pixels within one of a border have no label. The same options give the same scene.
 *
 * @example
 * const { cube, truth } = syntheticScene({ ...publicShapes['indian-pines'], seed: 1 });
 */
export function syntheticScene(options: SceneOptions): { readonly cube: Cube; readonly truth: GroundTruth } {
  const { height, width, bands, classes, seed = 0, noise = 0.01, mixing = 3 } = options;
  const bits = randomBits(seed);
  const random = (): number => bits() / 2 ** 32;
  const spectra = endMembers(classes, bands, random);
  const sites = Array.from({ length: 4 * classes }, (_, i) => ({
    row: random() * height,
    column: random() * width,
    label: (i % classes) + 1,
  }));
  const phase = 2 * Math.PI * random();
  const data = new Int16Array(height * width * bands);
  const labels = new Uint8Array(height * width);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [own, other, border] = nearest(sites, row, column);
      labels[row * width + column] = border < 1 ? 0 : own;
      const share = other === 0 ? 0 : Math.max(0, 0.5 * (1 - border / mixing));
      const light = 0.9 + 0.1 * Math.sin(phase + (4 * row) / height + (3 * column) / width);
      const [a, b] = [spectra[own - 1], spectra[other - 1]];
      for (let band = 0; band < bands; band++) {
        const pure = (a?.[band] ?? 0) * (1 - share) + (b?.[band] ?? 0) * share;
        data[at++] = Math.round(brightest * (light * pure + noise * gauss(bits())));
      }
    }
  }
  const name = `synthetic ${height}x${width}x${bands}`;
  const classNames = ['unlabelled', ...spectra.map((_, i) => `class ${i + 1}`)];
  return { cube: { name, height, width, bands, data }, truth: { name, height, width, labels, classNames } };
}
