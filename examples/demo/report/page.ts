import { type Html, html } from '../../../src/cli/report/html.js';
import type { Outcome } from '../classify.js';
import { columns, type Line, linesOf, notesOf } from '../table.js';
import { barChart } from './chart.js';
import { type Gallery, galleryHtml } from './gallery.js';
import { style } from './style.js';

export interface Report {
  readonly title: string;
  /** Machine, runtime, date. */
  readonly circumstances: string;
  readonly outcomes: readonly Outcome[];
  readonly gallery: Gallery;
}

function tile(value: string, caption: string): Html {
  return html`<div class="tile"><strong>${value}</strong><span>${caption}</span></div>`;
}

function find(outcomes: readonly Outcome[], engine: string, precision: string): Outcome | undefined {
  return outcomes.find(({ contender }) => contender.engine === engine && contender.precision === precision);
}

function tiles({ outcomes, gallery: { shown } }: Report): readonly Html[] {
  const { precision } = shown.contender;
  const integer = find(outcomes, 'onnxruntime-web', precision === 'fp32' ? 'fp32' : 'int8');
  const float = find(outcomes, 'onnxruntime-web', 'fp32');
  const times = (other: Outcome): string => `${(other.milliseconds / shown.milliseconds).toFixed(1)}x`;
  return [
    tile(`${(100 * shown.top1).toFixed(1)} %`, `top-1 of the ${precision} model on these images`),
    tile(`${shown.milliseconds.toFixed(1)} ms`, `an image, ${shown.contender.kernels}, one thread`),
    ...(integer
      ? [tile(times(integer), `as fast as onnxruntime-web in ${integer.contender.precision}`)]
      : []),
    ...(float ? [tile(times(float), 'as fast as onnxruntime-web in fp32')] : []),
  ];
}

function tableHtml(outcomes: readonly Outcome[]): Html {
  const keys = Object.keys(columns) as readonly (keyof Line)[];
  const text: readonly (keyof Line)[] = ['engine', 'precision', 'kernels'];
  const kind = (key: keyof Line): string => (text.includes(key) ? 'text' : '');
  const rows = linesOf(outcomes).map(
    (line) =>
      html`<tr class="${line.engine === 'spikelet' ? 'ours' : ''}">${keys.map(
        (key) => html`<td class="${kind(key)}">${line[key]}</td>`,
      )}</tr>`,
  );
  return html`<div class="panel"><table>
    <thead><tr>${keys.map((key) => html`<th class="${kind(key)}" scope="col">${columns[key]}</th>`)}</tr></thead>
    <tbody>${rows}</tbody></table></div>`;
}

/** The report as one HTML file that needs no other. */
export function reportHtml(report: Report): string {
  const { title, circumstances, outcomes, gallery } = report;
  const { engine, precision } = gallery.shown.contender;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${{ html: style }}</style></head>
<body><main>
<h1>${title}</h1>
<p>${circumstances}</p>
<div class="tiles">${tiles(report)}</div>
<h2>Side by side</h2>
<p>Both engines run the same network on the same images in one process, taking turns. onnxruntime-web runs in
WebAssembly on one thread, and so does Spikelet.</p>
${tableHtml(outcomes)}
<p class="notes">${notesOf(outcomes).map((note) => html`${note}<br>`)}</p>
<div class="charts" style="margin-top:.9rem">
${barChart(
  'Milliseconds an image, less is better',
  outcomes,
  ({ milliseconds }) => milliseconds,
  ({ milliseconds }) => milliseconds.toFixed(1),
)}
${barChart(
  'Size of the model file, less is better',
  outcomes,
  ({ contender }) => contender.fileBytes,
  ({ contender }) => `${(contender.fileBytes / 1e6).toFixed(1)} MB`,
)}
</div>
<h2>Predictions</h2>
<p>Confidence of the ${precision} model on ${engine}. Where another of its models chooses a different class, that class
is named below.</p>
${galleryHtml(gallery)}
<footer>The images are test images of CIFAR-10 (Krizhevsky, 2009), which no model was trained on.</footer>
</main></body></html>`.html;
}
