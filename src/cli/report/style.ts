/** What all reports look like: light and dark by the reader's preference, tiles, panels, tables, charts. */
export const baseStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #101418);
  --card: light-dark(#ffffff, #1a2027);
  --line: light-dark(#dfe3e8, #2c353f);
  --ink: light-dark(#14202b, #e8edf2);
  --soft: light-dark(#55636f, #9aa8b5);
  --own: light-dark(#0f766e, #2dd4bf);
  --other: light-dark(#8a97a3, #6b7a88);
  --wrong: light-dark(#b42318, #f97066);
  --wrong-page: light-dark(#fef3f2, #2a1715);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.02em; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .75rem; }
p { margin: 0 0 .5rem; color: var(--soft); max-width: 46rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .9rem; margin-top: 1.75rem; }
.tile, .panel { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.15rem; }
.tile strong { display: block; font-size: 1.9rem; line-height: 1.15; letter-spacing: -.02em; color: var(--own); }
.tile span { color: var(--soft); font-size: .9rem; }
.panel { overflow-x: auto; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .9rem; }
.charts h3 { font-size: .95rem; margin: 0 0 .6rem; }
.charts svg { display: block; width: 100%; height: auto; }
.charts text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.charts .soft { fill: var(--soft); }
.own { fill: var(--own); }
.other { fill: var(--other); }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { padding: .5rem .8rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
.text { text-align: left; }
footer { margin-top: 3rem; font-size: .85rem; color: var(--soft); }
`;
