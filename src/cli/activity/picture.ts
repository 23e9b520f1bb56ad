import { type Svg, svg } from '../../pipeline/timeline/svg.js';
import type { Raster } from './raster.js';
import type { LayerActivity } from './tally.js';

const width = 960;
const [left, right, top] = [190, 300, 74];
const rowHeight = 4;
const gap = 12;
const barWidth = 190;

const style = svg`<style>
text{font:12px system-ui,sans-serif;fill:#1d2733}
.paper{fill:#fff}.model{font-size:17px;font-weight:600}.detail{font-size:10.5px;fill:#5c6b7a}
.band{fill:#f1f4f7}.spikes{stroke:#0f766e;stroke-width:3;fill:none}.rate{fill:#0f766e}.end{text-anchor:end}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#10161c}.detail{fill:#93a1ae}.band{fill:#1a2027}.spikes{stroke:#2dd4bf}.rate{fill:#2dd4bf}}
</style>`;

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** One stroke for every spike of a layer. */
function strokes(spikes: readonly (readonly number[])[], column: number, y: number): string {
  const length = Math.max(0.5, Math.min(column - 1, 14));
  return spikes
    .flatMap((times, row) =>
      times.map((t) => {
        const x = left + (t + 0.5) * column - length / 2;
        return `M${x.toFixed(1)} ${(y + (row + 0.5) * rowHeight).toFixed(1)}h${length.toFixed(1)}`;
      }),
    )
    .join('');
}

function layerBand(
  raster: Raster['layers'][number],
  steps: number,
  y: number,
  rate: number,
  most: number,
): Svg {
  const height = raster.spikes.length * rowHeight;
  const panel = width - left - right;
  const bar = most > 0 ? (rate / most) * barWidth : 0;
  const middle = y + height / 2;
  const barAt = width - right + 24;
  return svg`<g><title>${raster.name}: ${raster.neurons} neurons, ${percent(rate)} of them fire at a step</title>
<text x="12" y="${middle}">${shortened(raster.name, 24)}</text>
<text class="detail" x="12" y="${middle + 13}">${raster.spikes.length} of ${raster.neurons}</text>
<rect class="band" x="${left}" y="${y}" width="${panel}" height="${height}"/>
<path class="spikes" d="${strokes(raster.spikes, panel / steps, y)}"/>
<rect class="rate" x="${barAt}" y="${middle - 7}" width="${bar}" height="14" rx="2"/>
<text x="${barAt + bar + 6}" y="${middle + 4}">${percent(rate)}</text></g>
`;
}

/**
 * Which neurons fire when in one run, some of each layer, and how often each layer fires on average, as an SVG that
 * needs nothing else.
 */
export function activityPicture(model: string, raster: Raster, layers: readonly LayerActivity[]): string {
  const rates = new Map(layers.map(({ name, rate }) => [name, rate]));
  const most = Math.max(0, ...rates.values());
  let y = top;
  const bands = raster.layers.map((layer) => {
    const own = layerBand(layer, raster.steps, y, rates.get(layer.name) ?? 0, most);
    y += Math.max(layer.spikes.length * rowHeight, 28) + gap;
    return own;
  });
  const height = y + 26;
  const { text } =
    svg`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${model}: spikes over ${raster.steps} steps</title>
${style}
<rect class="paper" width="${width}" height="${height}"/>
<text class="model" x="12" y="26">${shortened(model, 80)}</text>
<text class="detail" x="${left}" y="${top - 14}">one run: spikes of some neurons of each layer</text>
<text class="detail" x="${width - right + 24}" y="${top - 14}">all runs: neurons that fire at a step</text>
${bands}<text class="detail" x="${left}" y="${y + 6}">step 1</text>
<text class="detail end" x="${width - right}" y="${y + 6}">step ${raster.steps}</text></svg>
`;
  return text;
}
