import { definitions, describeCompression } from '../compression.js';
import type { Evaluation } from '../eval.js';
import { layersOf, modelCompression } from '../layer-list.js';
import { facts } from '../table.js';
import { formatBytes, formatCount, formatDuration, formatMs, formatPercent } from '../text.js';
import type { Finished } from './finish.js';
import type { History } from './log.js';
import type { MethodName } from './methods.js';

/** A training with its model. */
export interface Trained extends Finished {
  readonly method: MethodName;
  /** The command that repeats it. */
  readonly command: string;
  readonly out: string;
  /** Path of the report. */
  readonly report: string;
  readonly history: History;
  /** Versions. */
  readonly python: string;
  readonly torch: string;
}

/** Seconds that all epochs took together. */
export const secondsOf = ({ epochs }: History): number =>
  epochs.reduce((sum, { seconds }) => sum + (Number.isFinite(seconds) ? seconds : 0), 0);

/** The result for programs. */
export function trainedDocument(trained: Trained): object {
  const { method, command, out, path, report, history, graph, bytes, exportedBytes, evaluation, unit } =
    trained;
  const last = history.epochs.at(-1);
  return {
    method,
    command,
    out,
    model: path,
    report,
    bytes,
    exportedBytes,
    evaluation,
    unit,
    training: {
      epochs: last?.epoch ?? 0,
      seconds: secondsOf(history),
      testAccuracy: last?.testAccuracy,
      attacks: last?.attacks ?? {},
      options: history.options,
      python: trained.python,
      torch: trained.torch,
    },
    compression: modelCompression(graph, bytes),
    definitions,
    provenance: graph.provenance ?? {},
    layers: layersOf(graph),
  };
}

const sceneFacts = (scene: Evaluation['scene']): readonly (readonly [string, string])[] =>
  scene
    ? [['classes', `${formatPercent(scene.average, 2)} on average (AA), kappa ${scene.kappa.toFixed(4)}`]]
    : [];

/** The result for people. */
export function trainedText(trained: Trained): string {
  const { path, report, history, graph, bytes, exportedBytes, evaluation, unit } = trained;
  const last = history.epochs.at(-1);
  const { top1, images, medianMs, scene } = evaluation;
  const packed = bytes < exportedBytes ? `, ${formatBytes(exportedBytes)} before it was packed` : '';
  const heading = facts([
    ['trained', `${last?.epoch ?? 0} epochs in ${formatDuration(secondsOf(history))}`],
    ['top-1', `${formatPercent(top1, 2)} of ${formatCount(images)} test ${unit}, ${formatMs(medianMs)} each`],
    ...sceneFacts(scene),
    ['model', `${path}  ${formatBytes(bytes)}${packed}`],
    ['report', report],
  ]);
  return `${heading}\n\n${describeCompression(modelCompression(graph, bytes))}`;
}
