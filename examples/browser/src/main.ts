/// <reference types="vite/client" />
import type { Model } from 'spikelet';
import { type Pixels, topClasses } from 'spikelet/data';
import { element, make } from './elements.js';
import { modelChoices, mostThreads, openModel } from './models.js';
import { decodePicture, drawPreview, modelInput } from './picture.js';
import { showClasses, showFacts, showLayers, showProgress } from './show.js';

const sampleFiles = import.meta.glob<string>('../samples/*.png', {
  query: '?url',
  import: 'default',
  eager: true,
});

const page = {
  model: element('model', HTMLSelectElement),
  threads: element('threads', HTMLSelectElement),
  loading: element('loading', HTMLElement),
  progress: element('progress', HTMLProgressElement),
  facts: element('facts', HTMLElement),
  failure: element('failure', HTMLElement),
  drop: element('drop', HTMLElement),
  file: element('file', HTMLInputElement),
  preview: element('preview', HTMLCanvasElement),
  seen: element('seen', HTMLElement),
  samples: element('samples', HTMLElement),
  classes: element('classes', HTMLElement),
  timing: element('timing', HTMLElement),
  measure: element('measure', HTMLButtonElement),
  layers: element('layers', HTMLTableElement),
};

/** The model in use, and what is being loaded or was last classified. */
const current: {
  model: Model | undefined;
  loading: AbortController | undefined;
  pixels: Pixels | undefined;
} = {
  model: undefined,
  loading: undefined,
  pixels: undefined,
};

function fail(error: unknown): void {
  page.failure.textContent = error instanceof Error ? error.message : String(error);
  page.failure.hidden = false;
}

/** Does something and shows what goes wrong with it. */
async function attempt(work: () => Promise<void>): Promise<void> {
  page.failure.hidden = true;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError')) fail(error);
  }
}

async function changeModel(): Promise<void> {
  const choice = modelChoices.find(({ name }) => name === page.model.value);
  if (!choice) throw new Error('The page was built without models.');
  current.loading?.abort();
  current.model?.close();
  current.model = undefined;
  page.measure.disabled = true;
  page.layers.hidden = true;
  const loading = new AbortController();
  current.loading = loading;
  const start = performance.now();
  const model = await openModel(choice, Number(page.threads.value), loading.signal, (progress) =>
    showProgress(page.progress, page.loading, progress),
  );
  if (loading.signal.aborted) return model.close();
  current.model = model;
  page.progress.hidden = true;
  page.loading.textContent = `${model.name} (${choice.name}) is ready.`;
  page.measure.disabled = false;
  showFacts(page.facts, model.explain(), performance.now() - start);
  await classify();
}

async function classify(): Promise<void> {
  const { model, pixels } = current;
  if (!model || !pixels) return;
  const { name, tensor } = modelInput(pixels, model);
  const side = tensor.shape[2] ?? 1;
  drawPreview(page.preview, pixels, side);
  page.seen.textContent = `The model sees ${side} by ${side} pixels of it.`;
  const start = performance.now();
  const outputs = await model.run({ [name]: tensor });
  const milliseconds = performance.now() - start;
  if (model !== current.model) return;
  const [output] = model.outputs;
  const labels = output?.meaning?.kind === 'classes' ? output.meaning.labels : undefined;
  const classes = topClasses(outputs[output?.name ?? '']?.data ?? [], labels, 5);
  showClasses(page.classes, classes);
  page.preview.setAttribute(
    'aria-label',
    `The picture as the model sees it: ${classes[0]?.label ?? 'unknown'}`,
  );
  page.timing.textContent = `${milliseconds.toFixed(1)} ms, there and back to the worker.`;
}

async function take(file: Blob): Promise<void> {
  current.pixels = await decodePicture(file);
  await classify();
}

async function measure(): Promise<void> {
  const { model, pixels } = current;
  if (!model || !pixels) return;
  page.measure.disabled = true;
  const { name, tensor } = modelInput(pixels, model);
  try {
    showLayers(page.layers, await model.profile({ [name]: tensor }, { runs: 20 }));
  } finally {
    page.measure.disabled = current.model === undefined;
  }
}

async function takeSample(url: string): Promise<void> {
  await take(await (await fetch(url)).blob());
}

function sampleButton(path: string, url: string): HTMLElement {
  const label = path.replace(/^.*\/|\.png$/g, '');
  const picture = make('img');
  picture.src = url;
  picture.alt = label;
  picture.width = picture.height = 56;
  const button = make('button', {}, [picture]);
  button.type = 'button';
  button.title = label;
  button.addEventListener('click', () => attempt(() => takeSample(url)));
  return button;
}

function option(value: string): HTMLOptionElement {
  const made = make('option', { text: value });
  made.value = value;
  return made;
}

function listenForPictures(): void {
  page.file.addEventListener('change', () => {
    const [file] = page.file.files ?? [];
    if (file) void attempt(() => take(file));
  });
  page.drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    page.drop.classList.add('over');
  });
  page.drop.addEventListener('dragleave', () => page.drop.classList.remove('over'));
  page.drop.addEventListener('drop', (event) => {
    event.preventDefault();
    page.drop.classList.remove('over');
    const [file] = event.dataTransfer?.files ?? [];
    if (file) void attempt(() => take(file));
  });
}

function start(): void {
  const samples = Object.entries(sampleFiles);
  page.model.append(...modelChoices.map(({ name }) => option(name)));
  page.threads.append(...Array.from({ length: mostThreads() }, (_, i) => option(String(i + 1))));
  page.samples.append(...samples.map(([path, url]) => sampleButton(path, url)));
  for (const select of [page.model, page.threads]) {
    select.addEventListener('change', () => attempt(changeModel));
  }
  page.measure.addEventListener('click', () => attempt(measure));
  listenForPictures();
  void attempt(async () => {
    const [first] = samples;
    if (first) await takeSample(first[1]);
    await changeModel();
  });
}

start();
