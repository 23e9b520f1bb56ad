import type { GroundTruth } from '../data/cube/cube.js';
import type { SceneMap } from './classify.js';
import type { LegendEntry } from './draw/class-map.js';

/** What the classes of a map are called: by the ground truth, else by the model, else `class` and the label. */
export function legendOf(
  { classLabels, classNames }: Pick<SceneMap, 'classLabels' | 'classNames'>,
  truth?: Pick<GroundTruth, 'classNames'>,
): readonly LegendEntry[] {
  return classLabels.map((label, i) => ({
    label,
    name: truth?.classNames?.[label] ?? classNames?.[i] ?? `class ${label}`,
  }));
}
