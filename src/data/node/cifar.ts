import { SpikeletError } from '../../error.js';
import {
  type CifarBatch,
  cifarPixels,
  readBinaryBatch,
  readPythonBatch,
  readPythonClasses,
} from '../cifar/batch.js';
import type { Dataset, Split } from '../dataset.js';
import type { Archive } from './archive.js';
import { isImage } from './class-folders.js';

const trainBatches = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5'];

/** How one of the four published forms is laid out. */
interface Layout {
  /** File with the class names. */
  readonly marker: string;
  readonly batches: Readonly<Record<Split, readonly string[]>>;
  readClasses(bytes: Uint8Array, name: string): readonly string[];
  readBatch(bytes: Uint8Array, name: string): CifarBatch;
}

const lines = (bytes: Uint8Array): readonly string[] =>
  new TextDecoder()
    .decode(bytes)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const layouts: readonly Layout[] = [
  {
    marker: 'batches.meta',
    batches: { train: trainBatches, test: ['test_batch'] },
    readClasses: (bytes, name) => readPythonClasses(bytes, 'label_names', name),
    readBatch: (bytes, name) => readPythonBatch(bytes, 'labels', name),
  },
  {
    marker: 'meta',
    batches: { train: ['train'], test: ['test'] },
    readClasses: (bytes, name) => readPythonClasses(bytes, 'fine_label_names', name),
    readBatch: (bytes, name) => readPythonBatch(bytes, 'fine_labels', name),
  },
  {
    marker: 'batches.meta.txt',
    batches: { train: trainBatches.map((name) => `${name}.bin`), test: ['test_batch.bin'] },
    readClasses: lines,
    readBatch: (bytes, name) => readBinaryBatch(bytes, 1, name),
  },
  {
    marker: 'fine_label_names.txt',
    batches: { train: ['train.bin'], test: ['test.bin'] },
    readClasses: lines,
    readBatch: (bytes, name) => readBinaryBatch(bytes, 2, name),
  },
];

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** CIFAR-10 or CIFAR-100 as published (Python or binary version), or undefined if the archive is not that. */
export function cifar(archive: Archive, split: Split): Dataset | undefined {
  const byName = new Map(archive.paths.map((path) => [baseName(path), path]));
  const layout = layoutOf(byName);
  if (!layout) return undefined;
  const read = (file: string): Uint8Array => {
    const path = byName.get(file);
    if (path === undefined) {
      const present = filesOf(layout).find((name) => byName.has(name)) ?? '';
      throw new SpikeletError('invalid-input', `holds ${present} but not ${file}; fetch it again`, {
        where: archive.name,
      });
    }
    return archive.read(path);
  };
  const classes = layout.readClasses(read(layout.marker), `${archive.name}: ${layout.marker}`);
  const batches = layout.batches[split].map((file) =>
    layout.readBatch(read(file), `${archive.name}: ${file}`),
  );
  checkLabels(batches, classes.length);
  return fromBatches(archive, classes, batches);
}

const filesOf = ({ marker, batches }: Layout): readonly string[] => [
  marker,
  ...batches.train,
  ...batches.test,
];

/** By the class names with a batch or, where there are no pictures, by any file of a form: the others are missing. */
function layoutOf(byName: ReadonlyMap<string, string>): Layout | undefined {
  const present = (layout: Layout): number => filesOf(layout).filter((file) => byName.has(file)).length;
  const whole = layouts.find((layout) => byName.has(layout.marker) && present(layout) > 1);
  if (whole || [...byName.values()].some(isImage)) return whole;
  return layouts.find((layout) => present(layout) > 0);
}

function checkLabels(batches: readonly CifarBatch[], classes: number): void {
  for (const { name, labels } of batches) {
    const wrong = labels.findIndex((label) => label >= classes);
    if (wrong >= 0) {
      throw new SpikeletError('invalid-input', `picture ${wrong} has class ${labels[wrong]} of ${classes}`, {
        where: name,
      });
    }
  }
}

function fromBatches(archive: Archive, classes: readonly string[], batches: readonly CifarBatch[]): Dataset {
  const length = batches.reduce((sum, batch) => sum + batch.labels.length, 0);
  return {
    name: archive.name,
    classes,
    length,
    async read(index) {
      let within = index;
      for (const batch of batches) {
        if (within >= 0 && within < batch.labels.length) {
          const label = batch.labels[within] ?? 0;
          return { name: `${batch.name} #${within}`, label, pixels: cifarPixels(batch, within) };
        }
        within -= batch.labels.length;
      }
      throw new SpikeletError('invalid-input', `there is no picture ${index} of ${length}`, {
        where: archive.name,
      });
    },
    close: () => archive.close(),
  };
}
