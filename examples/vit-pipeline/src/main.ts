import { modelChoices } from '../../browser/src/models.js';
import { type Baseline, measureBaseline, type Session, startSession } from './session.js';
import { byId, element, StageList, showFacts } from './show.js';

/** Time between two looks at the figures. */
const tickMs = 500;
const mostWorkers = 8;

const model = byId('model', HTMLSelectElement);
const workers = byId('workers', HTMLSelectElement);
const start = byId('start', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const file = byId('file', HTMLInputElement);
const status = byId('status', HTMLParagraphElement);
const failure = byId('failure', HTMLParagraphElement);
const speed = byId('speed', HTMLElement);
const log = byId('log', HTMLUListElement);

model.append(...modelChoices.map(({ name, url }) => new Option(name, url)));
for (let count = 1; count <= mostWorkers; count++) workers.append(new Option(String(count), String(count)));
workers.value = String(Math.min(2, navigator.hardwareConcurrency));

let stopper = new AbortController();
let session: Session | undefined;
/** Results when a worker was ended that has not been seen to be replaced yet. */
let endedAt: number | undefined;

const stages = new StageList(byId('stages', HTMLOListElement), (stage) => {
  if (!session) return;
  const { results } = session.counts;
  session.line.terminate(stage);
  endedAt = results;
  note(`Ended the worker of stage ${stage + 1} after ${results} results.`);
});

const note = (text: string): void => void log.prepend(element('li', text));

function setRunning(isRunning: boolean): void {
  for (const control of [model, workers, start, file]) control.disabled = isRunning;
  stop.disabled = !isRunning;
}

const weightsOf = ({ line }: Session): readonly number[] =>
  line.explain().map(({ memory }) => memory.regions.constants);

/** Shows the figures until the stream ends. */
async function watch(running: Session, baseline: Baseline, signal: AbortSignal): Promise<void> {
  let before = { results: 0, at: performance.now() };
  let weights = weightsOf(running);
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, tickMs));
    if (signal.aborted) return;
    const { results, wrong } = running.counts;
    const now = performance.now();
    const rate = (1000 * (results - before.results)) / (now - before.at);
    before = { results, at: now };
    const figures = await running.line.figures();
    const isWhole = figures.every(({ state }) => state === 'running');
    if (isWhole) weights = weightsOf(running);
    if (isWhole && endedAt !== undefined && results > endedAt) {
      note(`Another has taken over; ${results} results so far.`);
      endedAt = undefined;
    }
    stages.show(figures, weights);
    showFacts(speed, [
      ['pipeline', `${rate.toFixed(1)} items a second`],
      ['one worker', `${baseline.perSecond.toFixed(1)} items a second`],
      ['ratio', `${(rate / baseline.perSecond).toFixed(2)}x`],
      [
        'results',
        wrong === 0 ? `${results}, all equal to one worker's` : `${results}, of which ${wrong} differ`,
      ],
    ]);
  }
}

async function run(): Promise<void> {
  stopper = new AbortController();
  const { signal } = stopper;
  const own = file.files?.[0];
  const source = own ? new Uint8Array(await own.arrayBuffer()) : new URL(model.value, location.href);
  status.textContent = 'Measuring one worker...';
  const baseline = await measureBaseline(source, signal);
  status.textContent = 'Starting the workers...';
  const running = await startSession(source, Number(workers.value), baseline, signal);
  session = running;
  const { length } = running.line.schedule.stages;
  status.textContent = `Running in ${length} ${length === 1 ? 'stage' : 'stages'}.`;
  note(`Started ${length} workers.`);
  await Promise.race([running.done, watch(running, baseline, signal)]);
  stopper.abort();
  await running.done;
  note(`Stopped after ${running.counts.results} results.`);
}

start.addEventListener('click', async () => {
  setRunning(true);
  failure.hidden = true;
  stages.clear();
  try {
    await run();
  } catch (error) {
    if (!stopper.signal.aborted) {
      failure.textContent = error instanceof Error ? error.message : String(error);
      failure.hidden = false;
    }
  } finally {
    stopper.abort();
    session = undefined;
    status.textContent = '';
    setRunning(false);
  }
});

stop.addEventListener('click', () => stopper.abort());
