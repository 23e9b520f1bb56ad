import { baseStyle } from '../../../src/cli/report/style.js';

/** The report's style sheet; no file but this one. */
export const style = `${baseStyle}
tr.ours td:first-child { color: var(--own); font-weight: 600; }
.notes { margin-top: .7rem; max-width: none; font-size: .9rem; }
fieldset { border: 0; padding: 0; margin: 0 0 1rem; display: flex; flex-wrap: wrap; gap: .5rem; }
legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
fieldset label {
  border: 1px solid var(--line); background: var(--card); border-radius: 99rem; padding: .25rem .9rem; cursor: pointer;
}
fieldset input { position: absolute; opacity: 0; }
fieldset label:has(:checked) { border-color: var(--own); color: var(--own); font-weight: 600; }
fieldset label:has(:focus-visible) { outline: 2px solid var(--own); outline-offset: 2px; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(15.5rem, 1fr)); gap: .7rem; }
body:has(#wrong:checked) .right { display: none; }
.picture {
  display: grid; grid-template-columns: 80px 1fr; gap: .75rem; margin: 0; padding: .65rem;
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
}
.picture.miss { background: var(--wrong-page); border-color: var(--wrong); }
.picture img { width: 80px; height: 80px; image-rendering: pixelated; border-radius: .35rem; display: block; }
.truth { font-weight: 600; font-size: .92rem; display: flex; justify-content: space-between; gap: .5rem; }
.miss .mark { color: var(--wrong); }
.mark { color: var(--own); }
.guess { display: grid; grid-template-columns: 4.7rem 1fr 2.3rem; align-items: center; gap: .4rem; font-size: .8rem; }
.guess span:last-child { text-align: right; color: var(--soft); }
.bar { height: .45rem; border-radius: 99rem; background: var(--line); overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--other); border-radius: 99rem; }
.guess.hit .bar i { background: var(--own); }
.miss .guess.first .bar i { background: var(--wrong); }
.others { font-size: .75rem; color: var(--soft); margin-top: .15rem; }
`;
