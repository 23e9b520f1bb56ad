import { baseStyle } from '../../report/style.js';

/** The report's style sheet; no file but this one. */
export const style = `${baseStyle}
:root {
  --second: light-dark(#c2410c, #fb923c);
  --third: light-dark(#6d28d9, #a78bfa);
  --fourth: light-dark(#be185d, #f472b6);
}
.charts text, .map text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.charts .soft, .map .soft { fill: var(--soft); }
.grid { stroke: var(--line); fill: none; }
.curve polyline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.curve circle { fill: currentColor; }
.first { color: var(--own); } .second { color: var(--second); } .third { color: var(--third); }
.fourth { color: var(--fourth); } .rest { color: var(--other); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: 0 0 .5rem; padding: 0; font-size: .85rem; }
.chart .legend li::before {
  content: ''; display: inline-block; width: .7rem; height: .2rem; margin-right: .4rem; vertical-align: middle;
  background: currentColor; border-radius: 99rem;
}
.legend span { color: var(--soft); }
.legend b { color: var(--ink); font-weight: 600; }
.map { margin-top: .9rem; }
.map h3 { font-size: .95rem; margin: 0; }
.map p { font-size: .85rem; }
.map svg { display: block; width: 100%; min-width: 44rem; height: auto; }
.map rect { fill: var(--own); }
.map .legend i { display: inline-block; width: .9rem; height: .9rem; margin-right: .35rem; vertical-align: -.1rem; background: var(--own); border-radius: .2rem; }
.mark { fill: var(--second); }
.layers td, .layers th { padding: .32rem .7rem; }
.layers tfoot td { font-weight: 600; border-top: 2px solid var(--line); }
.meter { display: inline-block; width: 5rem; height: .45rem; background: var(--line); border-radius: 99rem; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--own); border-radius: 99rem; }
.measure { display: inline-block; min-width: 4.2rem; }
.meter.low i { background: var(--second); }
.bits { display: inline-block; min-width: 1.9rem; padding: 0 .4rem; border-radius: .4rem; text-align: center; color: var(--ink);
  background: color-mix(in srgb, var(--own) var(--share), transparent); }
.definitions { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .9rem; margin-bottom: .9rem; }
.definitions strong { display: block; font-size: 1.4rem; }
.definitions span { color: var(--soft); font-size: .9rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: .9rem; align-items: start; }
.pair .panel table { font-size: .9rem; }
.pair td, .pair th { padding: .3rem .6rem; white-space: normal; }
.pair td.value { overflow-wrap: anywhere; text-align: left; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: .9rem/1.5 ui-monospace, monospace; }
details { margin-top: .9rem; }
summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
details .options { columns: 16rem; margin: .7rem 0 0; padding: 0; list-style: none; font-size: .85rem; }
details .options b { font-weight: 600; }
`;
