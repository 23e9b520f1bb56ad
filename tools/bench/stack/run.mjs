// Networks at every position of the machine's stack within a page:
//   node tools/bench/stack/run.mjs [--engine spikelet] [--network resnet18] [--arithmetic 8] [--width 0.5] [--json]
import { bundleForNode } from '../../build/bundle.mjs';

await bundleForNode(['tools/bench/stack/main.ts'], 'build/bench/stack');
const { main } = await import('../../../build/bench/stack/main.mjs');
await main(process.argv.slice(2));
