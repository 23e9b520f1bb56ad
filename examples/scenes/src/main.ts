import type { Cube, GroundTruth } from 'spikelet/data';
import type { Graph } from 'spikelet/graph';
import { classifyScene, falseColour, legendOf } from 'spikelet/scenes';
import { element, make } from '../../browser/src/elements.js';
import { readFiles } from './files.js';
import { madeNetwork, madeScene } from './made.js';
import { showFacts, showLegend, showPixels, showSpectra, showTile } from './show.js';

const page = {
  drop: element('drop', HTMLElement),
  files: element('files', HTMLInputElement),
  made: element('made', HTMLButtonElement),
  memory: element('memory', HTMLSelectElement),
  classify: element('classify', HTMLButtonElement),
  cancel: element('cancel', HTMLButtonElement),
  progress: element('progress', HTMLProgressElement),
  status: element('status', HTMLElement),
  failure: element('failure', HTMLElement),
  scene: element('scene', HTMLCanvasElement),
  aboutScene: element('about-scene', HTMLElement),
  map: element('map', HTMLCanvasElement),
  legend: element('legend', HTMLElement),
  spectra: element('spectra', HTMLCanvasElement),
  facts: element('facts', HTMLElement),
};

/** What was given, and the classification under way. */
const current: {
  cube: Cube | undefined;
  truth: GroundTruth | undefined;
  graph: Graph | undefined;
  work: AbortController | undefined;
} = { cube: undefined, truth: undefined, graph: undefined, work: undefined };

/** Does something and shows what goes wrong with it. */
async function attempt(work: () => Promise<void>): Promise<void> {
  page.failure.hidden = true;
  try {
    await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    page.failure.textContent = error instanceof Error ? error.message : String(error);
    page.failure.hidden = false;
  }
}

function clearMap({ height, width }: Cube): void {
  page.map.width = width;
  page.map.height = height;
  page.map.setAttribute('aria-label', 'No map yet');
  page.legend.replaceChildren();
  page.facts.replaceChildren();
  page.spectra.getContext('2d')?.clearRect(0, 0, page.spectra.width, page.spectra.height);
}

function describe(): void {
  const { cube, graph, truth } = current;
  const missing = [cube ? '' : 'a cube', graph ? '' : 'a network'].filter((what) => what !== '');
  const ready = `Network ${graph?.name ?? ''}${truth ? ', with labels' : ''}.`;
  page.status.textContent = missing.length > 0 ? `Still needed: ${missing.join(' and ')}.` : ready;
  page.classify.disabled = missing.length > 0;
}

function take(cube: Cube | undefined, truth: GroundTruth | undefined, graph: Graph | undefined): void {
  current.work?.abort();
  if (cube) {
    current.truth = undefined;
    showPixels(page.scene, falseColour(cube));
    page.scene.setAttribute('aria-label', `${cube.name} in false colours`);
    page.aboutScene.textContent = `${cube.name}: ${cube.height} by ${cube.width} pixels, ${cube.bands} bands`;
    clearMap(cube);
  }
  current.cube = cube ?? current.cube;
  current.truth = truth ?? current.truth;
  current.graph = graph ?? current.graph;
  describe();
}

function setWorking(isWorking: boolean): void {
  page.classify.disabled = isWorking;
  page.cancel.disabled = !isWorking;
  page.progress.hidden = !isWorking;
  page.progress.value = 0;
}

async function classify(): Promise<void> {
  const { cube, truth, graph } = current;
  if (!cube || !graph) return;
  const work = new AbortController();
  current.work = work;
  clearMap(cube);
  setWorking(true);
  page.status.textContent = 'Classifying …';
  const start = performance.now();
  try {
    const map = await classifyScene(graph, cube, {
      memoryLimit: Number(page.memory.value) * 1e6,
      engine: { worker: true },
      signal: work.signal,
      onTile: (tile) => showTile(page.map, tile),
      onProgress: ({ done, total }) => {
        page.progress.value = done / total;
      },
    });
    const legend = legendOf(map, truth);
    showLegend(page.legend, legend, map);
    showSpectra(page.spectra, cube, map);
    showFacts(page.facts, map, truth, (performance.now() - start) / 1e3);
    page.map.setAttribute('aria-label', `Class map: ${legend.map(({ name }) => name).join(', ')}`);
    page.status.textContent = 'Done.';
  } catch (error) {
    page.status.textContent = work.signal.aborted ? 'Cancelled.' : 'Failed.';
    throw error;
  } finally {
    setWorking(false);
  }
}

async function takeFiles(files: FileList | null | undefined): Promise<void> {
  page.status.textContent = 'Reading …';
  try {
    const { cube, truth, graph } = await readFiles([...(files ?? [])]);
    take(cube, truth, graph);
  } finally {
    if (page.status.textContent === 'Reading …') describe();
  }
}

function option(megabytes: number): HTMLOptionElement {
  const made = make('option', { text: `${megabytes} MB` });
  made.value = String(megabytes);
  made.selected = megabytes === 64;
  return made;
}

function start(): void {
  page.memory.append(...[4, 16, 64, 256].map(option));
  page.files.addEventListener('change', () => attempt(() => takeFiles(page.files.files)));
  page.drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    page.drop.classList.add('over');
  });
  page.drop.addEventListener('dragleave', () => page.drop.classList.remove('over'));
  page.drop.addEventListener('drop', (event) => {
    event.preventDefault();
    page.drop.classList.remove('over');
    void attempt(() => takeFiles(event.dataTransfer?.files));
  });
  page.made.addEventListener('click', () =>
    attempt(async () => {
      const { cube, truth } = madeScene();
      take(cube, truth, madeNetwork());
      await classify();
    }),
  );
  page.classify.addEventListener('click', () => attempt(classify));
  page.cancel.addEventListener('click', () => current.work?.abort());
  describe();
}

start();
