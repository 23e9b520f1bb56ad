import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { imageToTensor, matchClasses, type Pixels } from 'spikelet/data';
import { openDataset } from 'spikelet/data/node';
import type { Graph } from '../../src/graph/graph.js';
import { classifyAll, type Outcome, type Sample } from './classify.js';
import { type Contender, type ModelFile, openOnnxruntime, openSpikelet, readModelFile } from './contender.js';
import { progressBar } from './progress.js';
import { reportHtml } from './report/page.js';
import { linesOf, notesOf, textTable } from './table.js';

const usage = `npm run demo -- [--models <folder>]... [--images <folder or zip>] [--report <file>] [--json]`;

/** Files of the model folder and what they compute with. */
const modelFiles = {
  'float.spikelet': 'fp32',
  'int8.spikelet': 'int8',
  'w4a8.spikelet': 'w4a8',
  'bmpq.spikelet': 'bmpq',
  'dnr.spikelet': 'dnr',
} as const;

/** The models of a folder, of which there is at least one. */
async function readModels(folder: string): Promise<readonly [ModelFile, ...ModelFile[]]> {
  const present = Object.entries(modelFiles).filter(([name]) => existsSync(join(folder, name)));
  const [first, ...others] = await Promise.all(
    present.map(([name, precision]) => readModelFile(join(folder, name), precision)),
  );
  if (!first) throw new Error(`no models in ${folder}: ${Object.keys(modelFiles).join(', ')}`);
  return [first, ...others];
}

interface Images {
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
  readonly pixels: readonly Pixels[];
}

/** The pictures as the model's input takes them, labelled by the model's own classes. */
async function readImages(path: string, { inputs, outputs, name }: Graph): Promise<Images> {
  const [input] = inputs;
  const meaning = outputs[0]?.meaning;
  if (!input || meaning?.kind !== 'classes') throw new Error(`${name} does not name its classes`);
  const dataset = openDataset(path);
  try {
    const classOf = matchClasses(dataset, meaning.labels, meaning.labels.length);
    const samples: Sample[] = [];
    const pixels: Pixels[] = [];
    for (let i = 0; i < dataset.length; i++) {
      const picture = await dataset.read(i);
      const label = classOf[picture.label] ?? -1;
      samples.push({ name: picture.name, label, image: imageToTensor(picture.pixels, input) });
      pixels.push(picture.pixels);
    }
    return { labels: meaning.labels, samples, pixels };
  } finally {
    dataset.close();
  }
}

/** Whether onnxruntime-web can compute with the same weights; it has none narrower than int8. */
const hasOnnxruntime = (precision: string): boolean => ['fp32', 'int8', 'dnr'].includes(precision);

async function openContenders(models: readonly ModelFile[]): Promise<readonly Contender[]> {
  const contenders: Contender[] = [];
  for (const model of models) contenders.push(await openSpikelet(model));
  for (const model of models.filter(({ precision }) => hasOnnxruntime(precision))) {
    contenders.push(await openOnnxruntime(model));
  }
  return contenders;
}

function circumstances(): string {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  return `${processor}, Node ${process.version.slice(1)}, ${new Date().toISOString().slice(0, 10)}`;
}

function report(network: string, images: Images, outcomes: readonly Outcome[]): string {
  const own = outcomes.filter(({ contender }) => contender.engine === 'spikelet');
  const shown = own.find(({ contender }) => contender.precision === 'int8') ?? own[0];
  if (!shown) throw new Error('nothing was classified');
  return reportHtml({
    title: `Spikelet: ${network} on ${images.samples.length} real images`,
    circumstances: circumstances(),
    outcomes,
    gallery: { ...images, shown, others: own.filter((outcome) => outcome !== shown) },
  });
}

function asJson(network: string, images: Images, outcomes: readonly Outcome[]): string {
  const results = outcomes.map(({ contender, top1, milliseconds }) => {
    const { engine, precision, fileBytes, bits, kernels } = contender;
    return { engine, precision, fileBytes, bits, kernels, top1, milliseconds };
  });
  return JSON.stringify({ network, images: images.samples.length, results }, null, 2);
}

const usualFolders = ['resnet18-cifar10', 'vgg16-cifar10', 'dnr-vgg16-cifar10'].map(
  (name) => `examples/models/${name}`,
);

interface Places {
  readonly images: string;
  readonly report: string;
  readonly json: boolean;
}

/** Classifies with the models of a folder, writes the report and gives the table. */
async function compareModels(
  folder: string,
  { images: imagesPath, report: path, json }: Places,
): Promise<string> {
  const models = await readModels(folder);
  const [{ graph }] = models;
  const images = await readImages(imagesPath, graph);
  const contenders = await openContenders(models);
  const bar = progressBar(`${graph.name}, ${contenders.length} models`, images.samples.length);
  const outcomes = await classifyAll(contenders, images.samples, bar);
  for (const contender of contenders) await contender.close();
  await writeFile(path, report(graph.name, images, outcomes));
  process.stderr.write(`wrote ${path}\n\n`);
  if (json) return asJson(graph.name, images, outcomes);
  const title = `${graph.name} on ${images.samples.length} images, ${circumstances()}`;
  return `${title}\n\n${textTable(linesOf(outcomes))}\n\n${notesOf(outcomes).join('\n')}\n`;
}

/** `report.html`, then `report-<folder>.html`. */
function reportPath(path: string, folder: string, index: number): string {
  if (index === 0) return path;
  const end = extname(path);
  return `${path.slice(0, path.length - end.length)}-${basename(folder)}${end}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', multiple: true, default: usualFolders },
      images: { type: 'string', default: 'examples/images/cifar10/sample.zip' },
      report: { type: 'string', default: 'report.html' },
      json: { type: 'boolean', default: false },
    },
  });
  const { images, report: path, json } = values;
  const results: string[] = [];
  for (const [i, folder] of values.models.entries()) {
    const result = await compareModels(folder, { images, json, report: reportPath(path, folder, i) });
    results.push(result);
    if (!json) process.stdout.write(`${result}\n`);
  }
  if (json) process.stdout.write(`[${results.join(',\n')}]\n`);
}

try {
  await main();
  // onnxruntime-web keeps the process alive.
  process.exit(0);
} catch (error) {
  const wrongArguments = error instanceof TypeError && 'code' in error;
  process.stderr.write(
    `${error instanceof Error ? error.message : error}\n${wrongArguments ? `${usage}\n` : ''}`,
  );
  process.exit(wrongArguments ? 2 : 1);
}
