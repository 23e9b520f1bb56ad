import type { Cube } from '../data/index.js';
import { type EnergyPair, energyOf } from '../graph/energy.js';
import type { SceneMap } from '../scenes/index.js';
import type { ModelFile } from './model-file.js';
import type { Scored } from './scene-scores.js';
import { facts, table } from './table.js';
import { formatBytes, formatCount, formatMacs, formatPercent } from './text.js';

function describeWork({ work, runs }: SceneMap): string {
  switch (work.approach) {
    case 'convolutional':
      return `${formatCount(runs)} ${runs === 1 ? 'tile' : 'tiles'} of ${work.tile.join('x')}`;
    case 'patches':
      return `patch by patch, ${work.batch} a run${work.reason === undefined ? '' : `: ${work.reason}`}`;
  }
}

const share = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '' : formatPercent(value, 2);

/** Energy of a scene by a pair of constants, in joules. */
interface SceneEnergy {
  readonly pair: string;
  readonly spiking: number;
  readonly ann: number;
  readonly ratio: number;
}

function energiesOf({ activity, runs }: SceneMap, pairs: readonly EnergyPair[]): readonly SceneEnergy[] {
  if (!activity) return [];
  return pairs.map((pair) => {
    const { spiking, ann, ratio } = energyOf(activity.operations, pair);
    return { pair: pair.name, spiking: runs * spiking * 1e-12, ann: runs * ann * 1e-12, ratio };
  });
}

const formatJoules = (joules: number): string => `${(1e3 * joules).toPrecision(3)} mJ`;

function energyFacts(map: SceneMap, pairs: readonly EnergyPair[]): readonly (readonly [string, string])[] {
  if (!map.activity) return [];
  const energies = energiesOf(map, pairs).map(
    ({ pair, spiking, ann, ratio }) =>
      [
        'energy',
        `${formatJoules(spiking)}, without spikes ${formatJoules(ann)}: ${ratio.toFixed(1)} times, by ${pair}`,
      ] as const,
  );
  return [['spikes', formatCount(map.activity.spikes)], ...energies];
}

/** All that there is to tell of a classified scene. */
export interface Result {
  readonly file: ModelFile;
  readonly cube: Cube;
  readonly map: SceneMap;
  readonly scored: Scored;
  readonly seconds: number;
  readonly pairs: readonly EnergyPair[];
}

const threadCount = ({ threads }: SceneMap): string => `${threads} ${threads === 1 ? 'thread' : 'threads'}`;

/** The report for people. */
export function report({ file, cube, map, scored, seconds, pairs }: Result): string {
  const { scores, classes } = scored;
  const heading = facts([
    ['model', `${file.graph.name}  ${formatBytes(file.bytes)}`],
    ['scene', `${cube.name}  ${cube.height}x${cube.width}, ${cube.bands} bands`],
    ['time', `${seconds.toFixed(seconds < 10 ? 2 : 0)} s, ${describeWork(map)}`],
    ['engine', `${map.variant === 'relaxed' ? 'relaxed SIMD' : 'fixed SIMD'}, ${threadCount(map)}`],
    ['memory', `${formatBytes(map.memoryBytes)} of the model, ${formatMacs(map.macs)} MACs`],
    ...energyFacts(map, pairs),
    ...(scores
      ? ([
          ['OA', `${formatPercent(scores.overall, 2)} of ${formatCount(scores.pixels)} pixels`],
          ['AA', formatPercent(scores.average, 2)],
          ['kappa', scores.kappa.toFixed(4)],
        ] as const)
      : []),
  ]);
  const rows = table(
    [
      { title: 'label', align: 'right' },
      { title: 'class' },
      { title: 'mapped', align: 'right' },
      { title: 'known', align: 'right' },
      { title: 'correct', align: 'right' },
    ],
    classes.map(({ label, name, mapped, known, accuracy }) => [
      String(label),
      name,
      formatCount(mapped),
      known === undefined ? '' : formatCount(known),
      share(accuracy),
    ]),
  );
  return `${heading}\n\n${rows}\n`;
}

/** The same as one document. */
export function asJson({ file, cube, map, scored: { scores, classes }, seconds, pairs }: Result) {
  const { work, runs, memoryBytes, macs, activity, variant, threads } = map;
  const { height, width, bands, name } = cube;
  return {
    model: file.graph.name,
    file: file.path,
    scene: { name, height, width, bands },
    work,
    runs,
    seconds,
    memoryBytes,
    macs,
    ...(activity && { spikes: activity.spikes, energy: energiesOf(map, pairs) }),
    variant,
    threads,
    ...(scores && { scores }),
    classes,
  };
}
