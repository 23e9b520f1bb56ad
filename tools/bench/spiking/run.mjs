// A spiking VGG-16 in Spikelet and, unrolled over its steps, in onnxruntime-web; layers by lists of spikes and densely.
// One thread, by turns:
//   node tools/bench/spiking/run.mjs [--network] [--layers] [--rates 0.15,0.1,...] [--steps 5] [--variant relaxed] [--rounds 9]
// Fits the costs by which layers choose and writes src/compile/cost/spiking-table.ts:
//   node tools/bench/spiking/run.mjs --fit
import { bundleForNode, root } from '../../build/bundle.mjs';

await bundleForNode(['tools/bench/spiking/main.ts'], 'build/bench/spiking');
const { main } = await import('../../../build/bench/spiking/main.mjs');
await main(process.argv.slice(2), root);
