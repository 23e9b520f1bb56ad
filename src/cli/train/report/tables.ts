import { compressionOf, definitions, formatRatio } from '../../compression.js';
import { type LayerFacts, layersOf, modelCompression } from '../../layer-list.js';
import { type Html, html } from '../../report/html.js';
import { formatBytes, formatCount, formatPercent } from '../../text.js';
import type { Trained } from '../result.js';

/** A value with a bar from 0 to 1 before it. */
const meter = (share: number, text: string, isLow = false): Html =>
  html`<span class="meter ${isLow ? 'low' : ''}"><i style="width:${(100 * share).toFixed(1)}%"></i></span
    ><span class="measure">${text}</span>`;

const layerRow = (layer: LayerFacts, mostBytes: number): Html => {
  const { name, op, parameters, weightBits = 32, density = 1, bytes, compression } = layer;
  const shade = weightBits > 8 ? 0 : 8 + 6 * weightBits;
  return html`<tr><td class="text">${name}</td><td class="text">${op}</td><td>${formatCount(parameters)}</td>
    <td><span class="bits" style="--share:${shade}%">${weightBits}</span></td>
    <td>${meter(density, formatPercent(density))}</td>
    <td>${meter(bytes / mostBytes, formatBytes(bytes))}</td>
    <td>${formatRatio(compression?.byBits)}</td><td>${formatRatio(compression?.byBytes)}</td>
    <td>${formatRatio(compression?.byZeros)}</td></tr>`;
};

/** Layers with weights, and what they take together. */
export function layerTable({ graph, bytes }: Trained): Html {
  const layers = layersOf(graph).filter(({ weightBits }) => weightBits !== undefined);
  const sum = (pick: (layer: LayerFacts) => number): number =>
    layers.reduce((total, layer) => total + pick(layer), 0);
  const most = Math.max(1, ...layers.map((layer) => layer.bytes));
  const whole = modelCompression(graph, bytes);
  const stored = sum((layer) => layer.bytes);
  const parameters = sum((layer) => layer.parameters);
  const weights = { weights: 0, nonZeros: 0, weightBits: 0 };
  const { byBytes } = compressionOf({ ...weights, parameters, bytes: stored });
  const titles = ['parameters', 'bits', 'density', 'bytes', '/bits', '/bytes', '/zeros'];
  return html`<div class="panel"><table class="layers"><thead><tr>
    <th class="text" scope="col">layer</th><th class="text" scope="col">operation</th>
    ${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
    <tbody>${layers.map((layer) => layerRow(layer, most))}</tbody>
    <tfoot><tr><td class="text">all layers</td><td></td><td>${formatCount(parameters)}</td>
    <td>${(32 / whole.byBits).toFixed(2)}</td><td>${formatPercent(1 / whole.byZeros)}</td><td>${formatBytes(stored)}</td>
    <td>${formatRatio(whole.byBits)}</td><td>${formatRatio(byBytes)}</td>
    <td>${formatRatio(whole.byZeros)}</td></tr></tfoot></table></div>`;
}

/** How much smaller the model became, by each definition. */
export function compressionTiles({ graph, bytes }: Trained): Html {
  const compression = modelCompression(graph, bytes);
  const names = { byBits: 'by bits', byBytes: 'by bytes', byZeros: 'by zeros' } as const;
  const keys = Object.keys(names) as (keyof typeof names)[];
  return html`<div class="definitions">${keys.map(
    (key) => html`<div class="tile"><strong>${formatRatio(compression[key])} ${names[key]}</strong>
      <span>${definitions[key]}, over the whole file</span></div>`,
  )}</div>`;
}

/** Sizes on the way to the file. */
export function sizeTable({ graph, bytes, exportedBytes }: Trained): Html {
  const dense = 4 * layersOf(graph).reduce((sum, { parameters }) => sum + parameters, 0);
  const stored = layersOf(graph).reduce((sum, layer) => sum + layer.bytes, 0);
  const rows = [
    ['all parameters in fp32', dense],
    ['file as exported by the training tools', exportedBytes],
    ['file as packed', bytes],
    ['of that: weights, scales and biases', stored],
  ] as const;
  const most = Math.max(...rows.map(([, size]) => size));
  return html`<div class="panel"><table><tbody>${rows.map(
    ([what, size]) => html`<tr><td class="text">${what}</td>
      <td>${meter(size / most, formatBytes(size))}</td></tr>`,
  )}</tbody></table></div>`;
}

const mostClasses = 20;

/** Accuracy of each class; of many the lowest. */
export function classTable({ evaluation: { classes }, unit }: Trained): Html {
  const shares = classes.map(({ label, images, correct }) => ({ label, images, share: correct / images }));
  const isCut = shares.length > mostClasses;
  const shown = isCut ? shares.sort((a, b) => a.share - b.share).slice(0, mostClasses) : shares;
  const rows = shown.map(
    ({ label, images, share }) => html`<tr><td class="text">${label}</td><td>${formatCount(images)}</td>
      <td>${meter(share, formatPercent(share), share < 0.5)}</td></tr>`,
  );
  const title = isCut ? `the ${mostClasses} lowest of ${shares.length} classes` : 'class';
  return html`<div class="panel"><table><thead><tr><th class="text" scope="col">${title}</th>
    <th scope="col">${unit}</th><th scope="col">correct</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
