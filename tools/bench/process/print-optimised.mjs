// Prints a model as onnxruntime-web has optimised it, on standard error: node print-optimised.mjs <file.onnx>
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as ort from 'onnxruntime-web';

const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
const glue = 'ort-wasm-simd-threaded.mjs';

// The WebAssembly build has no file system: what it writes to a file goes to descriptor 0, which has no buffer. With
// one, it goes to standard error. Closing the file fails, when everything has been written.
const standard = readFileSync(join(dist, glue), 'utf8');
const patched = standard.replace('[null,[],[]]', '[[],[],[]]');
if (patched === standard) throw new Error(`${glue} does not have the output buffers that this script knows`);

const folder = mkdtempSync(join(tmpdir(), 'spikelet-'));
try {
  writeFileSync(join(folder, glue), patched);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = {
    mjs: pathToFileURL(join(folder, glue)).href,
    wasm: pathToFileURL(join(dist, 'ort-wasm-simd-threaded.wasm')).href,
  };
  await ort.InferenceSession.create(new Uint8Array(readFileSync(process.argv[2])), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
    optimizedModelFilePath: 'model.onnx',
  }).catch((error) => {
    if (!String(error).includes('close file')) throw error;
  });
} finally {
  rmSync(folder, { recursive: true });
}
