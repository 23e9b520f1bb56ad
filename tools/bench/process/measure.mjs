// Loads a model in a fresh process and prints what that costs as JSON: node measure.mjs <engine> <file> <what>
import { readFileSync } from 'node:fs';

const engines = {
  async spikelet(source) {
    const { load } = await import('spikelet');
    const model = await load(source, { threads: 1 });
    return (image) => model.run({ image });
  },
  async 'onnxruntime-web'(source) {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(source, { executionProviders: ['wasm'] });
    return (image) => session.run({ image: new ort.Tensor('float32', image, [1, 3, 32, 32]) });
  },
};

const image = new Float32Array(3 * 32 * 32).fill(0.25);

/** Milliseconds from the import of the engine to the first result; the file is already in memory. */
async function coldStart(open, file) {
  const bytes = new Uint8Array(readFileSync(file));
  const start = performance.now();
  const run = await open(bytes);
  await run(image);
  return { milliseconds: performance.now() - start };
}

/** Keeps every WebAssembly memory that is made from now on. */
function watchMemories() {
  const memories = [];
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(descriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  return memories;
}

async function settle() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Bytes that the engine and the model add to this process; each engine reads the file in its own way. */
async function memory(open, file) {
  await settle();
  const before = process.memoryUsage.rss();
  const memories = watchMemories();
  const run = await open(file);
  for (let i = 0; i < 3; i++) await run(image);
  await settle();
  const after = process.memoryUsage.rss();
  await run(image);
  return {
    added: after - before,
    peak: process.resourceUsage().maxRSS * 1024 - before,
    linear: memories.reduce((total, { buffer }) => total + buffer.byteLength, 0),
  };
}

const [engine, file, what] = process.argv.slice(2);
const result = await { coldStart, memory }[what](engines[engine], file);
process.stdout.write(JSON.stringify(result), () => process.exit(0));
