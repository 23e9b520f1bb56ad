// node run_model.mjs <dist folder> <model file> <inputs.f32> <outputs.f32>
// Runs a model file on float32 images, once in the interpreter and once in the engine: [image][interpreter, engine].
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, modelFile, inputFile, outputFile] = process.argv.slice(2);
const { unpack } = await import(pathToFileURL(join(dist, 'format/index.js')));
const { interpret } = await import(pathToFileURL(join(dist, 'graph/index.js')));
const { load } = await import(pathToFileURL(join(dist, 'index.js')));

const bytes = await readFile(modelFile);
const file = await readFile(inputFile);
const images = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
const graph = unpack(new Uint8Array(bytes));
const { shape } = graph.inputs[0].type;
const size = shape.reduce((n, d) => n * d, 1);
const model = await load(new Uint8Array(bytes), { threads: 1 });
const results = [];
for (let start = 0; start < images.length; start += size) {
  const data = images.slice(start, start + size);
  const { logits: expected } = interpret(graph, { image: { dtype: 'f32', shape, data } });
  const { logits: actual } = await model.run({ image: data });
  results.push(...expected.data, ...actual.data);
}
model.close();
await writeFile(outputFile, Float32Array.from(results));
