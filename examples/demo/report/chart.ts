import { type Html, html } from '../../../src/cli/report/html.js';
import type { Outcome } from '../classify.js';

const rowHeight = 42;
const labelWidth = 150;
const barWidth = 250;
const width = labelWidth + barWidth + 80;

/** Horizontal bars from zero, one a contender, each with its value beside it. */
export function barChart(
  title: string,
  outcomes: readonly Outcome[],
  value: (outcome: Outcome) => number,
  text: (outcome: Outcome) => string,
): Html {
  const largest = Math.max(...outcomes.map(value));
  const height = rowHeight * outcomes.length;
  const rows = outcomes.map((outcome, i) => {
    const { engine, precision } = outcome.contender;
    const length = Math.max(2, (barWidth * value(outcome)) / largest).toFixed(1);
    const middle = rowHeight * i + rowHeight / 2;
    return html`<g>
      <text x="0" y="${middle - 2}">${precision}</text>
      <text class="soft" x="0" y="${middle + 13}">${engine}</text>
      <rect class="${engine === 'spikelet' ? 'own' : 'other'}" x="${labelWidth}" y="${middle - 9}"
        width="${length}" height="18" rx="4"/>
      <text x="${labelWidth + Number(length) + 8}" y="${middle + 5}">${text(outcome)}</text>
    </g>`;
  });
  const summary = outcomes
    .map((outcome) => `${outcome.contender.engine} ${outcome.contender.precision}: ${text(outcome)}`)
    .join('; ');
  return html`<div class="panel"><h3>${title}</h3>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${summary}">${rows}</svg></div>`;
}
