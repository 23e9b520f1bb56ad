import { sampleIndices } from '../../data/index.js';
import { openDataset } from '../../data/node.js';
import type { Graph } from '../../graph/graph.js';
import { load } from '../../index.js';
import { classifyScene, legendOf } from '../../scenes/index.js';
import { classifierOf } from '../classifier.js';
import { type Evaluation, evaluate } from '../eval.js';
import { type Io, UsageError } from '../io.js';
import { progressLine } from '../progress.js';
import { isSceneFile, readSceneFile } from '../scene-file.js';
import { scoreMap } from '../scene-scores.js';

/** What a finished model is measured on. */
export interface TestData {
  /** What is counted: 'images', or 'pixels' of a scene. */
  readonly unit: 'images' | 'pixels';
  /** Pixels a side of the images; undefined where the network says itself how many it takes. */
  readonly size: number | undefined;
  measure(graph: Graph, io: Io): Promise<Evaluation>;
  close(): void;
}

/** Opens test images, of which at most `limit` are taken, or the scene that a JSON file describes. */
export function openTestData(path: string, limit: number): Promise<TestData> {
  return isSceneFile(path) ? sceneData(path, limit) : imageData(path, limit);
}

async function imageData(path: string, limit: number): Promise<TestData> {
  const dataset = openDataset(path, 'test');
  try {
    const { pixels } = await dataset.read(0);
    return {
      unit: 'images',
      size: pixels.width,
      async measure(graph, io) {
        const model = await load(graph, { signal: io.signal });
        try {
          const indices = sampleIndices(dataset.length, limit, 0);
          return await evaluate(model, classifierOf(graph), dataset, indices, io);
        } finally {
          model.close();
        }
      },
      close: () => dataset.close(),
    };
  } catch (error) {
    dataset.close();
    throw error;
  }
}

async function sceneData(path: string, limit: number): Promise<TestData> {
  if (Number.isFinite(limit)) {
    throw new UsageError(
      '--test-images counts images: a scene is measured on all pixels that its split tests on',
    );
  }
  const { cube, truth, split, normalisation } = await readSceneFile(path);
  return {
    unit: 'pixels',
    size: undefined,
    async measure(graph, io) {
      const progress = progressLine(io.err, 'classifying', 'pixels');
      const begin = performance.now();
      try {
        const map = await classifyScene(graph, cube, {
          normalisation,
          signal: io.signal,
          onProgress: ({ done, total }) => progress.update(done, total),
        });
        const ms = (performance.now() - begin) / (cube.height * cube.width);
        return evaluationOf(scoreMap(map, legendOf(map, truth), truth, split), ms);
      } finally {
        progress.finish();
      }
    },
    close: () => undefined,
  };
}

/** Scores of a map as those of so many single pixels, each of which took `ms`. */
function evaluationOf({ scores, classes }: ReturnType<typeof scoreMap>, ms: number): Evaluation {
  const { overall = 0, average = 0, kappa = 0, pixels = 0 } = scores ?? {};
  return {
    images: pixels,
    top1: overall,
    scene: { average, kappa },
    classes: classes.flatMap(({ name, known = 0, accuracy = 0 }) =>
      known > 0 ? [{ label: name, images: known, correct: Math.round(known * accuracy) }] : [],
    ),
    medianMs: ms,
    meanMs: ms,
  };
}
