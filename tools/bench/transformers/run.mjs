// Vision transformers of random weights beside onnxruntime-web, one thread, all in one process:
//   node tools/bench/transformers/run.mjs [vit-tiny|vit-small|vit-base] [--rounds 15] [--json]
import { bundleForNode } from '../../build/bundle.mjs';

await bundleForNode(['tools/bench/transformers/main.ts'], 'build/bench/transformers');
const { main } = await import('../../../build/bench/transformers/main.mjs');
await main(process.argv.slice(2));
