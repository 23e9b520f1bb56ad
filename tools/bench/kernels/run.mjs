// Single kernels against the register-only peak of one core:
//   node tools/bench/kernels/run.mjs [--kernels u8i8_conv_6x8,...] [--rounds 31] [--stack] [--json]
import { bundleForNode, root } from '../../build/bundle.mjs';
import { measurePeaks } from './peak.mjs';

await bundleForNode(['tools/bench/kernels/main.ts'], 'build/bench/kernels');
const { main } = await import('../../../build/bench/kernels/main.mjs');
await main(process.argv.slice(2), root, measurePeaks);
