// node run_engine.mjs <dist folder> <model file> <inputs.f32> <outputs folder> <variant:threads>...
// Runs a model file on normalised float32 images in each engine, into <variant:threads>.f32, and says on stdout as
// JSON what computed them or why nothing could.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, modelFile, inputFile, outputs, ...engines] = process.argv.slice(2);
const { load } = await import(pathToFileURL(join(dist, 'index.js')));
const bytes = new Uint8Array(await readFile(modelFile));
const file = await readFile(inputFile);
const images = new Float32Array(file.buffer, file.byteOffset, file.byteLength / 4);

async function logitsOf(model) {
  const [input] = model.inputs;
  const [output] = model.outputs;
  const size = input.shape.reduce((n, d) => n * d, 1);
  const count = output.shape.reduce((n, d) => n * d, 1);
  const logits = new Float32Array((images.length / size) * count);
  for (let i = 0; i * size < images.length; i++) {
    const given = { [input.name]: images.slice(i * size, (i + 1) * size) };
    logits.set((await model.run(given))[output.name].data, i * count);
  }
  return logits;
}

async function run(engine) {
  const [variant, threads] = engine.split(':');
  const options = { variant, threads: Number(threads) };
  let model;
  try {
    model = await load(bytes, options);
  } catch (error) {
    if (error.code !== 'no-engine') throw error;
    return { missing: error.message };
  }
  try {
    const { dot, threads: given } = model.explain();
    if (given.used !== options.threads) return { missing: `${given.used} used: ${given.reason}` };
    await writeFile(join(outputs, `${engine.replace(':', '-')}.f32`), await logitsOf(model));
    return { dot };
  } finally {
    model.close();
  }
}

const results = [];
for (const engine of engines) results.push(await run(engine));
console.log(JSON.stringify(results));
