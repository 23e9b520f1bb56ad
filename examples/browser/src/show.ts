import type { Explanation, LayerProfile, Profile, Progress } from 'spikelet';
import type { ScoredClass } from 'spikelet/data';
import { bar, make } from './elements.js';

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** The most likely classes as bars. */
export function showClasses(list: HTMLElement, classes: readonly ScoredClass[]): void {
  list.replaceChildren(
    ...classes.map(({ label, probability }) =>
      make('li', {}, [
        make('span', { className: 'label', text: label }),
        bar(probability),
        make('span', { className: 'number', text: percent(probability) }),
      ]),
    ),
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** How the model runs here, as terms and descriptions. */
export function showFacts(list: HTMLElement, explanation: Explanation, loadMilliseconds: number): void {
  const { variant, dot, threads, memory } = explanation;
  const facts: readonly (readonly [term: string, description: string])[] = [
    ['Kernels', `${variant} (${dot})`],
    ['Threads', threads.reason === undefined ? String(threads.used) : `${threads.used}: ${threads.reason}`],
    ['Memory', megabytes(memory.bytes)],
    ['Ready after', `${loadMilliseconds.toFixed(0)} ms`],
  ];
  list.replaceChildren(
    ...facts.map(([term, description]) =>
      make('div', {}, [make('dt', { text: term }), make('dd', { text: description })]),
    ),
  );
}

const stages: Readonly<Record<Progress['stage'], string>> = {
  fetch: 'Downloading the model',
  verify: 'Checking the model',
  compile: 'Compiling the model',
  start: 'Starting the model',
};

/** How far the load is. */
export function showProgress(
  meter: HTMLProgressElement,
  text: HTMLElement,
  { stage, loaded, total }: Progress,
): void {
  meter.hidden = false;
  if (total > 0) meter.value = loaded / total;
  else meter.removeAttribute('value');
  const amount = stage === 'fetch' ? `, ${megabytes(loaded)}` : '';
  text.textContent = `${stages[stage]}${amount} …`;
}

function layerRow(layer: LayerProfile, longest: number): HTMLTableRowElement {
  const cell = (text: string, className = ''): HTMLElement => make('td', { className, text });
  const operations = [layer.op, ...layer.fused.map((name) => name.replace(/^.*\./, ''))].join(' + ');
  return make('tr', {}, [
    make('th', { text: layer.name }),
    cell(operations),
    cell([...new Set(layer.kernels)].join(', '), 'kernels'),
    cell(layer.weightBits === 0 ? '' : String(layer.weightBits), 'number'),
    cell(layer.medianMs.toFixed(3), 'number'),
    cell(layer.macs === 0 || layer.medianMs === 0 ? '' : layer.gmacsPerSecond.toFixed(1), 'number'),
    make('td', { className: 'share' }, [bar(longest === 0 ? 0 : layer.medianMs / longest)]),
  ]);
}

/** A row for each layer, with a bar of its share of the time. */
export function showLayers(table: HTMLTableElement, { layers }: Profile): void {
  const longest = Math.max(...layers.map(({ medianMs }) => medianMs));
  table.tBodies[0]?.replaceChildren(...layers.map((layer) => layerRow(layer, longest)));
  table.hidden = false;
}
