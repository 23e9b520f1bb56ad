// Whole scenes against patch by patch, one thread, by turns:
//   node tools/bench/scenes/run.mjs [--network cnn-3d,hybrid-sn] [--bits 8,6,32] [--rounds 3] [--patch-rows 1] [--memory 256]
import { parseArgs } from 'node:util';
import { bundleForNode } from '../../build/bundle.mjs';
import { measurePeaks } from '../kernels/peak.mjs';

const option = { type: 'string' };
const { values } = parseArgs({
  options: { network: option, bits: option, rounds: option, 'patch-rows': option, memory: option },
});
await bundleForNode(['tools/bench/scenes/main.ts'], 'build/bench/scenes');
const { main } = await import('../../../build/bench/scenes/main.mjs');
await main({ measurePeaks, options: new Map(Object.entries(values)) });
