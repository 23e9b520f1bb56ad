import { svg } from './svg.js';

/** Colours of micro-batches, light enough for dark numbers on them. */
const palette = ['#8ecae6', '#ffb703', '#a7c957', '#f4a5ae', '#c8b6ff', '#fb8b5e', '#72d0b4', '#d8c99b'];

const rules = palette.map((colour, i) => svg`.c${i}{fill:${colour}}`);

export const style = svg`<style>
text{font:12px system-ui,sans-serif;fill:#1d2733}
.paper{fill:#fff}.model{font-size:17px;font-weight:600}.device{font-weight:600}
.detail,.tick,.head{font-size:10.5px;fill:#5c6b7a}.detail{font-size:10.5px}
.tick,.item{text-anchor:middle}.load{text-anchor:end}.item{font-size:10px;fill:#1d2733}
.grid{stroke:#dfe5ea}.slow{fill:#fff1e6}
${rules}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.item{fill:#10161c}.paper{fill:#10161c}.detail,.tick,.head{fill:#93a1ae}.grid{stroke:#2b3640}.slow{fill:#3a2a1c}}
</style>`;
