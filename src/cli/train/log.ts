import { existsSync, readFileSync } from 'node:fs';

type Numbers = Readonly<Record<string, number>>;

/** What a training says of an epoch. Shares are from 0 to 1. */
export interface Epoch {
  /** Passes over the training images so far; no whole number where time ended the training. */
  readonly epoch: number;
  readonly loss: number;
  readonly trainAccuracy: number;
  readonly testAccuracy: number;
  readonly rate: number;
  readonly seconds: number;
  /** Bits of the weights by layer. */
  readonly bits?: Numbers;
  /** Share of the weights that are left, by layer. */
  readonly density?: Numbers;
  /** Whether bits were assigned anew. */
  readonly isAssigned: boolean;
  /** Accuracy by attack. */
  readonly attacks: Numbers;
}

/** A training as its log tells it. */
export interface History {
  readonly epochs: readonly Epoch[];
  /** Of the last start. */
  readonly options: Readonly<Record<string, unknown>>;
}

type Line = Readonly<Record<string, unknown>>;

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // A training that was killed may leave half a line.
    return undefined;
  }
}

const number = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

function numbers(value: unknown): Numbers | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => typeof entry === 'number'));
}

function epochOf(line: Line): Epoch {
  const bits = numbers(line.bits);
  const density = numbers(line.density);
  const attacks = Object.entries(line).filter(([name]) => /^(fgsm|pgd\d+)$/.test(name));
  return {
    epoch: number(line.epoch),
    loss: number(line.loss),
    trainAccuracy: number(line.train_accuracy),
    testAccuracy: number(line.test_accuracy),
    rate: number(line.rate),
    seconds: number(line.train_seconds) + number(line.test_seconds),
    ...(bits && { bits }),
    ...(density && { density }),
    isAssigned: line.assigned === true,
    attacks: numbers(Object.fromEntries(attacks)) ?? {},
  };
}

/** Reads what lines of a log say. What was trained after the checkpoint that a later start went on from does not count. */
export function parseLog(text: string): History {
  let epochs: Epoch[] = [];
  let options: History['options'] = {};
  for (const line of text.split('\n').map(parseLine)) {
    if (line?.event === 'start') {
      const from = number(line.epoch);
      epochs = epochs.filter(({ epoch }) => epoch <= from + 1e-3);
      const given = line.options;
      options = typeof given === 'object' && given !== null ? { ...given } : {};
    } else if (line?.event === 'epoch') {
      epochs.push(epochOf(line));
    }
  }
  return { epochs, options };
}

/** The training in a log file; nothing if there is none yet. */
export const readLog = (path: string): History =>
  parseLog(existsSync(path) ? readFileSync(path, 'utf8') : '');
