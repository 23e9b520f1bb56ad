// Whole scenes against patch by patch, and the share of the machine's peak that is reached, on a scene that is made up.
import { normalise } from '../../../src/data/cube/normalise.js';
import type { Graph } from '../../../src/graph/graph.js';
import type { WeightBits } from '../../../src/graph/tensor.js';
import { type Approach, classifyScene, type SceneMap } from '../../../src/scenes/index.js';
import { median } from '../statistics.js';
import { cnn3d, hybridSn, integerForm } from './networks.js';
import { publicShapes, syntheticScene } from './synthetic.js';

export interface SceneBenchmark {
  readonly measurePeaks: (relaxed: boolean) => Promise<Readonly<Record<string, () => number>>>;
  readonly options: ReadonlyMap<string, string>;
}

interface Timed {
  /** By the clock, and of the processor: other programs do not count in the latter. */
  readonly seconds: number;
  readonly processor: number;
  readonly map: SceneMap;
}

const networks: Readonly<Record<string, () => Graph>> = { 'cnn-3d': cnn3d, 'hybrid-sn': hybridSn };

type Cube = ReturnType<typeof syntheticScene>['cube'];

/** All that classifying a scene takes, starting the network included. */
async function timed(graph: Graph, cube: Cube, approach: Approach, memoryLimit: number): Promise<Timed> {
  const [begin, before] = [performance.now(), process.cpuUsage()];
  const map = await classifyScene(graph, cube, { approach, memoryLimit, normalisation: 'none' });
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - begin) / 1e3, processor: (user + system) / 1e6, map };
}

/** The first rows of a scene, as many as patch by patch needs little time for. */
function part(cube: Cube, rows: number): Cube {
  const data = cube.data.subarray(0, rows * cube.width * cube.bands);
  return { ...cube, height: rows, data, name: `${rows} rows of ${cube.name}` };
}

const format = (value: number, digits = 2): string => value.toFixed(digits);

export async function main({ measurePeaks, options }: SceneBenchmark): Promise<void> {
  const chosen = options.get('network') ?? 'cnn-3d,hybrid-sn';
  const forms = (options.get('bits') ?? '8').split(',').map(Number);
  const rounds = Number(options.get('rounds') ?? 3);
  const rows = Number(options.get('patch-rows') ?? 1);
  const memoryLimit = Number(options.get('memory') ?? 256) * 2 ** 20;
  const shape = publicShapes['indian-pines'];
  const cube = normalise(syntheticScene({ ...shape, seed: 1 }).cube, 'minmax');
  const peaks = await measurePeaks(true);
  for (const name of chosen.split(',')) {
    const make = networks[name];
    if (!make) throw new Error(`there is no network '${name}': ${Object.keys(networks).join(', ')}`);
    for (const bits of forms) {
      const graph = bits === 32 ? make() : await integerForm(make(), bits as WeightBits);
      const peak = peaks[bits === 32 ? 'f32_madd' : 'relaxed_dot'];
      await compare(`${name}, ${bits} bits`, graph, cube, { rounds, rows, memoryLimit, peak });
    }
  }
}

interface Comparison {
  readonly rounds: number;
  readonly rows: number;
  readonly memoryLimit: number;
  readonly peak: (() => number) | undefined;
}

/** Multiply-accumulates a nanosecond of the loop, once it is compiled. */
function peakNow(peak: (() => number) | undefined): number {
  const rates = Array.from({ length: 60 }, () => peak?.() ?? Number.NaN);
  return median(rates.slice(20).filter(Number.isFinite));
}

async function compare(title: string, graph: Graph, cube: Cube, comparison: Comparison): Promise<void> {
  const { rounds, rows, memoryLimit, peak } = comparison;
  const [clock, whole, patchwise, shares] = [[], [], [], []] as [number[], number[], number[], number[]];
  const sample = part(cube, rows);
  let last: SceneMap | undefined;
  for (let round = 0; round < rounds; round++) {
    const top = peakNow(peak);
    const { seconds, processor, map } = await timed(graph, cube, 'convolutional', memoryLimit);
    const byPatch = rows > 0 ? await timed(graph, sample, 'patches', memoryLimit) : undefined;
    const rate = map.macs / processor / 1e9;
    clock.push(seconds);
    whole.push(processor);
    patchwise.push(((byPatch?.processor ?? Number.NaN) * cube.height) / rows);
    shares.push(rate / top);
    last = map;
    console.log(
      `${title}: ${format(processor)} s whole (${format(seconds)} by the clock), ` +
        `${format(byPatch?.processor ?? Number.NaN)} s for ${rows} rows patch by patch ` +
        `(${byPatch?.map.work.approach === 'patches' ? byPatch.map.work.batch : 0} a run), ` +
        `${format(rate, 1)} GMAC/s of ${format(top, 1)}`,
    );
  }
  if (!last) return;
  const { work, memoryBytes, macs } = last;
  const tile = work.approach === 'convolutional' ? work.tile.join('x') : '';
  console.log(
    `${title}: whole scene ${format(median(whole))} s of the processor, ${format(median(clock))} s by the clock ` +
      `(tiles ${tile}, ${format(memoryBytes / 2 ** 20, 0)} MiB, ${format(macs / 1e9, 0)} GMAC), ` +
      `patch by patch ${format(median(patchwise))} s, ${format(median(patchwise) / median(whole), 1)} times; ` +
      `${format(100 * median(shares), 0)} % of the peak`,
  );
}
