// Sparse against dense int8 layers, one thread, by turns, in processor time:
//   node tools/bench/sparse/run.mjs [--layers] [--linear] [--networks] [--densities 0.1,0.05] [--variant relaxed] [--rounds 11]
// Fits the compiler's cost model and writes src/compile/cost/table.ts:
//   node tools/bench/sparse/run.mjs --fit
import { bundleForNode, root } from '../../build/bundle.mjs';

await bundleForNode(['tools/bench/sparse/main.ts'], 'build/bench/sparse');
const { main } = await import('../../../build/bench/sparse/main.mjs');
await main(process.argv.slice(2), root);
