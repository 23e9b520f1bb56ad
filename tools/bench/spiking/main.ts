import { parseArgs } from 'node:util';
import type { Target } from '../../../src/compile/plan.js';
import { compareNetworks } from './compare.js';
import { writeCosts } from './fit.js';
import { compareLayers } from './layers.js';

const targets: Readonly<Record<string, Target>> = {
  relaxed: { variant: 'relaxed', dot: 'usdot' },
  simd: { variant: 'simd', dot: 'i16' },
};

/** 15 % in the first layers, falling to 4 %. */
const defaultRates = '0.15,0.12,0.12,0.1,0.09,0.08,0.07,0.06,0.05,0.05,0.04,0.04,0.04,0.04,0.04';

export async function main(args: string[], root: string): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rates: { type: 'string', default: defaultRates },
      steps: { type: 'string', default: '5' },
      bits: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '9' },
      variant: { type: 'string', default: 'relaxed' },
      network: { type: 'boolean', default: false },
      layers: { type: 'boolean', default: false },
      fit: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const bits = values.bits === '4' ? 4 : 8;
  const chosen = values.variant.split(',').flatMap((name) => targets[name] ?? []);
  if (values.fit) writeCosts(root, targets, rounds);
  const both = !values.network && !values.layers && !values.fit;
  if (values.layers || both) for (const target of chosen) compareLayers(root, target, rounds);
  if (!values.network && !both) return;
  for (const target of chosen) {
    const rates = values.rates.split(',').map(Number);
    await compareNetworks(root, target, { steps: Number(values.steps), rates, bits }, rounds);
  }
}
