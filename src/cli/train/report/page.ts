import { formatRatio } from '../../compression.js';
import { modelCompression } from '../../layer-list.js';
import { type Html, html } from '../../report/html.js';
import { formatBytes, formatCount, formatDuration, formatMs, formatPercent } from '../../text.js';
import { version } from '../../version.js';
import { secondsOf, type Trained } from '../result.js';
import { curves, layerMaps } from './curves.js';
import { style } from './style.js';
import { classTable, compressionTiles, layerTable, sizeTable } from './tables.js';

const tile = (value: string, caption: string): Html =>
  html`<div class="tile"><strong>${value}</strong><span>${caption}</span></div>`;

function tiles({ evaluation, unit, graph, bytes, history }: Trained): readonly Html[] {
  const { byBits, byZeros } = modelCompression(graph, bytes);
  const { images, top1, medianMs } = evaluation;
  return [
    tile(formatPercent(top1, 2), `top-1 of ${formatCount(images)} test ${unit}, measured in Spikelet`),
    tile(formatBytes(bytes), 'the packed model file'),
    ...(byBits > 1.01 ? [tile(formatRatio(byBits), 'fewer bits a weight than fp32')] : []),
    ...(byZeros > 2 ? [tile(formatRatio(byZeros), 'fewer weights: the others are zero')] : []),
    tile(
      formatMs(medianMs),
      unit === 'images' ? 'an image in Node, one thread' : 'a pixel of the scene in Node, one thread',
    ),
    tile(formatDuration(secondsOf(history)), `of training, ${epochsIn(history.epochs.at(-1)?.epoch ?? 0)}`),
  ];
}

const epochsIn = (count: number): string => `${Number(count.toFixed(2))} ${count === 1 ? 'epoch' : 'epochs'}`;

function circumstances(trained: Trained): Html {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['method', trained.method],
    ['data', trained.graph.provenance?.data],
    ['accuracy in training', trained.graph.provenance?.accuracyInTraining],
    ['Python, PyTorch', `${trained.python}, ${trained.torch}`],
    ['Spikelet, Node', `${version()}, ${process.versions.node}`],
    ['written', new Date().toISOString().slice(0, 10)],
  ];
  return html`<div class="panel"><table><tbody>${rows.map(([name, value]) =>
    value === undefined
      ? html``
      : html`<tr><td class="text">${name}</td><td class="value">${value}</td></tr>`,
  )}</tbody></table></div>`;
}

function options({ history }: Trained): Html {
  const entries = Object.entries(history.options).map(
    ([name, value]) =>
      html`<li>${name.replaceAll('_', ' ')} <b>${value === '' ? '–' : String(value)}</b></li>`,
  );
  return html`<details><summary>All ${entries.length} options of the training</summary>
    <ul class="options">${entries}</ul></details>`;
}

/** What a training came to as one HTML file that needs no other. */
export function reportPage(trained: Trained): string {
  const { method, graph, command } = trained;
  const { data = '', model = graph.name } = graph.provenance ?? {};
  const title = `${graph.name}, ${method.toUpperCase()}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${{ html: style }}</style></head>
<body><main>
<h1>${title}</h1>
<p>${model}, trained on ${data}, packed and evaluated by Spikelet.</p>
<div class="tiles">${tiles(trained)}</div>
<h2>Course of the training</h2>
<div class="charts">${curves(trained.history)}</div>
${layerMaps(trained.history)}
<h2>Size</h2>
${compressionTiles(trained)}
<h2>Layers</h2>
${layerTable(trained)}
<div class="pair">
<section><h2>Files</h2>${sizeTable(trained)}<h2>Circumstances</h2>${circumstances(trained)}</section>
<section><h2>Classes</h2>${classTable(trained)}</section>
</div>
<h2>Repeat it</h2>
<div class="panel"><pre>${command}</pre>${options(trained)}</div>
<footer>Accuracy is that of the packed model in Spikelet's engine; the curves are those of the network in PyTorch
while it was trained, with averaged weights for test images.</footer>
</main></body></html>`.html;
}
