import { encode } from 'fast-png';
import { greatest, type Pixels, topClasses } from 'spikelet/data';
import { type Html, html } from '../../../src/cli/report/html.js';
import type { Outcome, Sample } from '../classify.js';

/** What the pictures of the report are made from. */
export interface Gallery {
  readonly samples: readonly Sample[];
  readonly pixels: readonly Pixels[];
  readonly labels: readonly string[];
  /** Whose confidence is shown. */
  readonly shown: Outcome;
  /** Others of the same engine, whose first class is named where it differs. */
  readonly others: readonly Outcome[];
}

function dataUri({ width, height, channels, data }: Pixels): string {
  const bytes = encode({ width, height, channels, data: new Uint8Array(data), depth: 8 });
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
}

function guesses(scores: Float32Array, labels: readonly string[], truth: number): readonly Html[] {
  return topClasses(scores, labels, 3).map(({ index, label, probability }, place) => {
    const kind = `${index === truth ? 'hit' : ''} ${place === 0 ? 'first' : ''}`.trim();
    const percent = (100 * probability).toFixed(0);
    return html`<div class="guess ${kind}"><span>${label}</span>
      <div class="bar"><i style="width:${percent}%"></i></div><span>${percent} %</span></div>`;
  });
}

function picture(gallery: Gallery, sample: Sample, index: number): Html {
  const scores = gallery.shown.scores[index] ?? new Float32Array();
  const truth = gallery.labels[sample.label] ?? '';
  const [first = -1] = greatest(scores, 1);
  const right = first === sample.label;
  const differing = gallery.others.flatMap(({ contender, scores: theirs }) => {
    const [choice = -1] = greatest(theirs[index] ?? new Float32Array(), 1);
    return choice === first ? [] : [`${contender.precision}: ${gallery.labels[choice] ?? ''}`];
  });
  const pixels = gallery.pixels[index];
  return html`<figure class="picture ${right ? 'right' : 'miss'}">
    <img src="${pixels ? dataUri(pixels) : ''}" alt="${truth}" width="80" height="80" loading="lazy">
    <figcaption>
      <div class="truth">${truth}<span class="mark">${right ? '✓' : '✗ wrong'}</span></div>
      ${guesses(scores, gallery.labels, sample.label)}
      ${differing.length > 0 ? html`<div class="others">${differing.join(', ')}</div>` : ''}
    </figcaption></figure>`;
}

/** The pictures with predictions; a choice above them leaves only the wrong ones. */
export function galleryHtml(gallery: Gallery): Html {
  const total = gallery.samples.length;
  const wrong = total - Math.round(gallery.shown.top1 * total);
  return html`<fieldset><legend>Pictures shown</legend>
      <label><input type="radio" name="pictures" id="all" checked> All ${total}</label>
      <label><input type="radio" name="pictures" id="wrong"> Only the ${wrong} wrong ones</label>
    </fieldset>
    <div class="gallery">${gallery.samples.map((sample, i) => picture(gallery, sample, i))}</div>`;
}
