import type { TextOut } from './io.js';
import { bar, formatCount, formatDuration } from './text.js';

/** How far a long piece of work is, drawn on one line of a terminal, or told now and then elsewhere. */
export interface ProgressLine {
  update(done: number, total: number): void;
  /** Clears the line. */
  finish(): void;
}

const redrawMs = 80;
/** Before the first line, and between two, where nobody sees a line being drawn over. */
const tellFirstMs = 2000;
const tellMs = 20_000;
const barWidth = 28;

export function progressLine(out: TextOut, label: string, unit: string): ProgressLine {
  const start = performance.now();
  let next = start + (out.isTTY ? 0 : tellFirstMs);
  let drawn = false;
  return {
    update(done, total) {
      const now = performance.now();
      if (now < next) return;
      next = now + (out.isTTY ? redrawMs : tellMs);
      const text = describe(label, unit, done, total, (now - start) / 1000);
      out.write(out.isTTY ? `\r${text.slice(0, (out.columns ?? 80) - 1)}\u001b[K` : `${text}\n`);
      drawn = true;
    },
    finish() {
      if (drawn && out.isTTY) out.write('\r\u001b[K');
    },
  };
}

function describe(label: string, unit: string, done: number, total: number, seconds: number): string {
  if (total === 0) return `${label}  ${formatCount(done)} ${unit}`;
  const left = done > 0 ? `  ${formatDuration((seconds / done) * (total - done))} left` : '';
  const count = `${formatCount(done)}/${formatCount(total)} ${unit}`;
  return `${label}  ${bar(done / total, barWidth)}  ${count}${left}`;
}
