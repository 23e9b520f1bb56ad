import type { TextOut } from '../io.js';
import { formatDuration, formatPercent } from '../text.js';
import { type Epoch, type History, readLog } from './log.js';

const pollMs = 400;

/** Tells every epoch of a training as it comes into the log; returns how to stop. */
export function followLog(path: string, out: TextOut): () => void {
  let told = readLog(path).epochs.length;
  const tell = (): void => {
    const history = readLog(path);
    // A start may take back epochs that came after its checkpoint.
    told = Math.min(told, history.epochs.length);
    for (const epoch of history.epochs.slice(told)) {
      out.write(`${out.isTTY ? '\r\u001b[K' : ''}${describeEpoch(epoch, history)}\n`);
    }
    told = history.epochs.length;
  };
  const timer = setInterval(tell, pollMs);
  return () => {
    clearInterval(timer);
    tell();
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function describeEpoch(record: Epoch, { options }: Pick<History, 'options'>): string {
  const { epoch, loss, trainAccuracy, testAccuracy, rate, seconds, bits, isAssigned, attacks } = record;
  const { epochs, minutes } = options;
  const of = typeof epochs === 'number' && !minutes ? ` of ${epochs}` : '';
  return [
    `epoch ${Number(epoch.toFixed(2))}${of}`,
    `loss ${loss.toFixed(3)}`,
    `train ${formatPercent(trainAccuracy)}`,
    ...(Number.isFinite(testAccuracy) ? [`test ${formatPercent(testAccuracy)}`] : []),
    ...Object.entries(attacks).map(([name, share]) => `${name} ${formatPercent(share)}`),
    ...(bits
      ? [`${mean(Object.values(bits)).toFixed(1)} bits a layer${isAssigned ? ', assigned' : ''}`]
      : []),
    `rate ${rate.toPrecision(2)}`,
    formatDuration(seconds),
  ].join('  ');
}
